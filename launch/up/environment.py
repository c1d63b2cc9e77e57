"""A child's environment: what `vedette up` was given, without what it decides itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_DECIDED = (
    "VEDETTE_ACCOUNT",
    "VEDETTE_ADMIN_PASSWORD",
    "VEDETTE_CLUSTER_ADDRESSES",
    "VEDETTE_CLUSTER_BOND",
    "VEDETTE_CLUSTER_PROCESS",
    "VEDETTE_DATA",
    "VEDETTE_DSN",
    "VEDETTE_HOST",
    "VEDETTE_INTERVAL_S",
    "VEDETTE_KEY_DIR",
    "VEDETTE_LOCATION",
    "VEDETTE_LOG_URL",
    "VEDETTE_METRICS_PORT",
    "VEDETTE_PORT",
    "VEDETTE_RECOVERY_DIR",
    "VEDETTE_SPOOL",
    "VEDETTE_TOKEN",
    "VEDETTE_TRANSPORT",
    "VEDETTE_URL",
)
NOT_INHERITED = frozenset(name + suffix for name in _DECIDED for suffix in ("", "_FILE"))
"""Decided by `up` for each child, or a secret that the child has no use for. Each may have the suffix `_FILE`."""


def child_environment(given: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """What a child gets: everything `given` that is inherited, then its `own` variables."""
    return {**{name: value for name, value in given.items() if name not in NOT_INHERITED}, **own}


@contextmanager
def in_environment(environment: Mapping[str, str]) -> Iterator[None]:
    """Let `environment` be this process's for a while: settings read it. Only while there is one thread."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
