"""The documentation's examples do what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from alerting.channels.webhook import sign
from tests.unit.windows.watching import Known
from vedette.events.checks import CheckRecord
from vedette.events.signals import AlertTransition, Signal
from vedette.store import alerts
from vedette.store.pool import Store
from vedette.store.recording import record
from vedette.windows.outages import OutageShard
from vedette.windows.votes import Policy

ROOT = Path(__file__).parents[2]
WEBHOOKS = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/*.md")),
]


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", WEBHOOKS, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def is_genuine() -> Any:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # the example is the code under test
    return names["is_genuine"]


def test_the_receiver_s_example_accepts_what_is_signed(is_genuine: Any) -> None:
    assert is_genuine("secret", "1700000000", sign("secret", 1_700_000_000, b"{}"), b"{}")


@pytest.mark.parametrize(
    ("secret", "timestamp", "body"),
    [("other", "1700000000", b"{}"), ("secret", "1700000001", b"{}"), ("secret", "1700000000", b"{ }")],
)
def test_the_receiver_s_example_refuses_what_is_not(is_genuine: Any, secret: str, timestamp: str, body: bytes) -> None:
    assert not is_genuine(secret, timestamp, sign("secret", 1_700_000_000, b"{}"), body)


def outage_signals(account: int) -> list[Signal]:
    """What a monitor's first check signals if it fails and one location is enough."""
    shard = OutageShard()
    failing = CheckRecord(4, "local", 1000, 1000, "down", error="status: 503", account=account)
    shard.fold(failing, Known(Policy(quorum=1)))
    return shard.take().signals


def test_the_documented_notification_has_the_fields_of_a_real_one(store: Store) -> None:
    shown = json.loads(block("json"))
    account = store.row("INSERT INTO accounts (name) VALUES ('a') RETURNING id")
    assert account is not None
    alerts.add_channel(store, account["id"], "c", "webhook", {"url": "http://receiver.example/", "secret": "s" * 16})
    (signal,) = outage_signals(account["id"])
    transition = AlertTransition(
        1, 2, account["id"], 3, "r", signal.subject, "firing", 5, "title", detail=signal.detail
    )
    record(store, [(transition, ())])
    row = store.row("SELECT body FROM notifications")
    assert row is not None
    assert shown.keys() == row["body"].keys()
    assert shown["alert"].keys() == row["body"]["alert"].keys()
    assert shown["detail"].keys() == row["body"]["detail"].keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
