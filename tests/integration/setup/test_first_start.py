"""The first start: complete, or completed by the next; its password may come from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerting.defaults import default_rules
from launch import first_start as module
from launch.up.bootstrap import bootstrap
from launch.up.folder import DataFolder
from launch.up.plan import Plan
from vedette.errors import ConfigurationError
from vedette.store import accounts, alerts, monitors
from vedette.store.pool import Store


@pytest.fixture
def plan(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Plan:
    for name in ("VEDETTE_ADMIN_PASSWORD", "VEDETTE_ADMIN_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)
    return Plan(DataFolder(tmp_path), "127.0.0.1", 8420, 5.0, dsn)


def names(store: Store) -> tuple[list[str], list[str]]:
    account = accounts.ensure_account(store, "default")
    rules = [row["name"] for row in alerts.rules_of(store, account)]
    return rules, [row["name"] for row in monitors.of_account(store, account)]


def test_a_first_start_makes_all_and_a_second_nothing(store: Store, plan: Plan) -> None:
    login = bootstrap(store, plan)
    assert login is not None
    assert login.password
    before = names(store)
    assert before == (
        [rule.name for rule in default_rules()],
        ["Vedette gateway", "Vedette page", "Vedette readiness"],
    )
    assert bootstrap(store, plan) is None
    assert names(store) == before


def test_the_default_rule_waits_until_an_outage_is_confirmed(store: Store, plan: Plan) -> None:
    bootstrap(store, plan)
    rules = {row["kind"]: row for row in alerts.rules_of(store, 1)}
    assert set(rules) == {rule.kind for rule in default_rules()}
    assert (rules["outage"]["monitor"], rules["outage"]["partial"]) == (None, False)
    assert rules["outage"]["unknown"]


@pytest.mark.parametrize("part", ["_first_rules", "_first_monitors", "_first_user"])
def test_a_first_start_that_was_interrupted_is_completed_by_the_next(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    whole = getattr(module, part)

    def interrupted(*arguments: object) -> None:
        if part != "_first_user":
            whole(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, part, interrupted)
        with pytest.raises(KeyboardInterrupt):
            bootstrap(store, plan)
    assert bootstrap(store, plan) is not None
    assert names(store) == (
        [rule.name for rule in default_rules()],
        ["Vedette gateway", "Vedette page", "Vedette readiness"],
    )
    assert len(accounts.users(store)) == 1


def test_the_password_may_come_from_a_file(store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    path = plan.folder.root / "password"
    path.write_text("from a file it came\n")
    monkeypatch.setenv("VEDETTE_ADMIN_PASSWORD_FILE", str(path))
    login = bootstrap(store, plan)
    assert login is not None
    assert login.password is None


def test_a_password_s_file_that_is_missing_stops_before_anything_is_made(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEDETTE_ADMIN_PASSWORD_FILE", "/nowhere")
    with pytest.raises(ConfigurationError, match="VEDETTE_ADMIN_PASSWORD_FILE"):
        bootstrap(store, plan)
    assert names(store) == ([], [])
