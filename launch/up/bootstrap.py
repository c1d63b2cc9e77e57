"""The first start of `vedette up`: an installation, and tokens for the senders on this machine."""

from __future__ import annotations

import os
import socket

from launch.first_start import FirstLogin, first_start
from launch.up.folder import DataFolder
from launch.up.plan import LOCATION, Plan
from vedette.errors import NotAuthenticated
from vedette.store import accounts, monitors
from vedette.store.pool import Store


def bootstrap(store: Store, plan: Plan) -> FirstLogin | None:
    """Make what is missing; the first login if this was the first start."""
    paths = {"Vedette gateway": "/healthz", "Vedette readiness": "/readyz", "Vedette page": "/"}
    account, login = first_start(store, {name: plan.url + path for name, path in paths.items()})
    before = plan.folder.read_address().get("url", plan.url)
    if before != plan.url:
        monitors.move(store, account, before, plan.url)
    _token(store, account, plan.folder, "agent", ["agent"], _agent_source())
    _token(store, account, plan.folder, "probe", ["probe"], LOCATION)
    _token(store, account, plan.folder, "cli", ["admin"], None)
    return login


def _agent_source() -> str:
    return os.environ.get("VEDETTE_SOURCE") or socket.gethostname()


def _token(store: Store, account: int, folder: DataFolder, name: str, scopes: list[str], subject: str | None) -> None:
    path = folder.token(name)
    if path.exists():
        try:
            principal = accounts.principal_of_api_token(store, path.read_text(encoding="utf-8").strip())
        except NotAuthenticated:
            pass  # revoked, or from another database: make a new one
        else:
            if principal.subject == subject:
                return
    folder.write_secret(path, accounts.add_api_token(store, account, f"vedette up: {name}", scopes, subject))
