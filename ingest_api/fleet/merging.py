"""Merging: one host's configuration out of the account's defaults, its roles' parts, and its own."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

SCALARS = ("interval_s", "mask_arguments", "statsd", "realtime_archive")


def merge(layers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The configuration of `layers`, of which later ones have their way.

    Collectors are merged by name, plugins by the name of their instance; `without` takes plugins of earlier layers
    away. What no layer says is absent.
    """
    merged: dict[str, Any] = {}
    collectors: dict[str, bool] = {}
    plugins: dict[str, dict[str, Any]] = {}
    for layer in layers:
        merged |= {name: layer[name] for name in SCALARS if layer.get(name) is not None}
        collectors |= layer.get("collectors") or {}
        for name in layer.get("without") or ():
            plugins.pop(name, None)
        plugins |= {plugin["name"]: plugin for plugin in layer.get("plugins") or ()}
    if collectors:
        merged["collectors"] = collectors
    if plugins:
        merged["plugins"] = list(plugins.values())
    return merged


def version_of(config: dict[str, Any]) -> str:
    """A short name that two configurations share only if they are the same."""
    return sha256(msgspec.json.encode(config, order="deterministic")).hexdigest()[:16]
