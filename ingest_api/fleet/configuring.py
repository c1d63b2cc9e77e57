"""Configuring: the configuration that a host should have, as it is sent. Blocks on the database."""

from __future__ import annotations

from typing import Any

from ingest_api.fleet.merging import merge, version_of
from vedette.store import plugins, roles
from vedette.store.pool import Store


def config_of(store: Store, account: int, source: str) -> tuple[dict[str, Any], str]:
    """What its layers say together, each plugin with the code that the account has signed for it; and its version.

    The code is part of what the version names: an agent gets another text as it gets another option.
    """
    config = merge(roles.layers(store, account, source))
    config.pop("realtime_archive", None)  # the gateway's own business
    if "plugins" in config:
        config["plugins"] = plugins.with_code(store, account, config["plugins"])
    return config, version_of(config)
