"""The first start of an installation: an account, an administrator, a few rules and monitors."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from alerting.defaults import default_rules
from launch.variables import secret
from vedette.auth.passwords import random_password
from vedette.errors import Conflict
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, monitors
from vedette.store.pool import Store

EMAIL = "admin@localhost"
ACCOUNT = "default"


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """The administrator that the first start made; the password is None if it was given."""

    email: str
    password: str | None


def first_start(store: Store, endpoints: Mapping[str, str]) -> tuple[int, FirstLogin | None]:
    """The account, and the first login if this was the first start; `endpoints` are the URLs to check, by name.

    The user comes last: a first start that was interrupted before has no user, and the next one completes it.
    """
    password = secret("VEDETTE_ADMIN_PASSWORD")
    account = accounts.ensure_account(store, ACCOUNT)
    if accounts.users(store):
        return account, None
    _first_rules(store, account)
    _first_monitors(store, account, endpoints)
    return account, _first_user(store, account, password)


def _first_user(store: Store, account: int, given: str | None) -> FirstLogin:
    password = given if given is not None else random_password()
    accounts.add_user(store, account, EMAIL, password, ["admin"])
    return FirstLogin(EMAIL, None if given is not None else password)


def _first_rules(store: Store, account: int) -> None:
    for rule in default_rules():
        with suppress(Conflict):  # an interrupted first start has made it
            alerts.add_rule(store, account, rule.name, rule.kind, rule.model_dump(exclude={"name", "kind"}))


def _first_monitors(store: Store, account: int, endpoints: Mapping[str, str]) -> None:
    for name, url in endpoints.items():
        with suppress(Conflict):
            monitors.add(store, account, MonitorSpec(name=name, url=url, interval_s=10, timeout_s=5))
