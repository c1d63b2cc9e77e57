"""`vedette alert` and `vedette silence`: the command line against a real gateway."""

from __future__ import annotations

import pytest
from rich.console import Console
from typer.testing import CliRunner

from launch.commands import alert
from launch.main import app
from tests.integration.gateway.reports import problem
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel, fire
from vedette.store import alerts, outbox
from vedette.store.waits import write_waits


@pytest.fixture
def as_responder(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["respond"])
    monkeypatch.setattr(alert, "console", Console(width=200))
    return fresh


def run(*words: str) -> str:
    with alert.console.capture() as said:
        done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return said.get()


def test_an_alert_is_listed_taken_up_and_resolved(as_responder: Gateway) -> None:
    add_channel(as_responder)
    fire(as_responder)
    assert "web-1 is silent" in run("alert", "list")
    assert run("alert", "ack", "-7", "--text", "mine").strip() == "web-1 is silent: acknowledged"
    run("alert", "unack", "-7")
    run("alert", "snooze", "-7", "30")
    run("alert", "assign", "-7", "ann@shop.example")
    run("alert", "comment", "-7", "the switch again")
    shown = run("alert", "show", "-7")
    assert all(word in shown for word in ("acknowledged", "mine", "snoozed", "the switch again", "ops", "start"))
    assert run("alert", "resolve", "-7").strip() == "web-1 is silent: resolved"
    assert "web-1" not in run("alert", "list")
    assert "ann@shop.example" in run("alert", "list", "--all")
    assert CliRunner().invoke(app, ["alert", "ack", "-7"]).exit_code != 0


def test_each_attempt_to_tell_somebody_is_shown_with_its_answer(as_responder: Gateway) -> None:
    add_channel(as_responder)
    fire(as_responder)
    (first,) = outbox.claim(as_responder.store, 10, 60)
    outbox.retry(as_responder.store, first.id, "503 [busy]", 0, 1, 250)
    (again,) = outbox.claim(as_responder.store, 10, 60)
    outbox.failed(as_responder.store, again.id, "500 no", "given_up", 2, 30)
    shown = run("alert", "told", "-7")
    assert all(word in shown for word in ("ops", "start", "503 [busy]", "250 ms", "500 no", "given up"))
    assert "failed: given up" in run("alert", "show", "-7")
    (told,) = as_responder.get("/v1/alerts/-7/notifications").json()["notifications"]
    assert [one["answer"] for one in told["attempt_log"]] == ["503 [busy]", "500 no"]
    assert told["failure"] == "given_up"
    problem(as_responder.get("/v1/alerts/-7/notifications", tenant=as_responder.theirs), 404, "not-found")


def test_a_silence_is_made_and_ended(as_responder: Gateway) -> None:
    assert "until" in run("silence", "add", '{source=~"web-.*"}', "--for", "90", "--reason", "new disks")
    # The gateway's clock stands in the past: for the database the silence is over.
    assert '{source=~"web-.*"}' in run("silence", "list", "--all")
    run("silence", "end", str(as_responder.get("/v1/silences?over=true").json()["silences"][0]["id"]))
    assert CliRunner().invoke(app, ["silence", "add", "{oops"]).exit_code != 0


def test_what_waits_is_listed(as_responder: Gateway) -> None:
    rule = alerts.add_rule(as_responder.store, 1, "Hot", "threshold", {"series": "cpu", "above": 0.9})
    rows: list[tuple[object, ...]] = [
        (1, 1, "Hot", "series:web/cpu", "warning", "cpu of web is above 0.9", "pending", 0.95, "", 1_000, rule),
        (
            2,
            1,
            "Hot",
            "series:db/cpu",
            "warning",
            "cpu of db is above 0.9",
            "suppressed",
            0.99,
            "maintenance",
            2_000,
            rule,
        ),
        (3, 2, "Hot", "series:x/cpu", "warning", "of another account", "pending", 1.0, "", 2_000, rule),
        (4, 1, "Gone", "series:y/cpu", "warning", "of no rule", "pending", 1.0, "", 2_000, rule + 1),
    ]
    assert write_waits(as_responder.store, rows, [(2, 3_000, "lapsed")]) == 4
    assert write_waits(as_responder.store, rows, [(2, 9_000, "fired")]) == 0
    shown = run("alert", "waiting")
    assert "cpu of web is above 0.9" in shown
    assert not any(word in shown for word in ("cpu of db", "of another account", "of no rule"))
    shown = run("alert", "waiting", "--all")
    assert all(word in shown for word in ("suppressed", "maintenance", "lapsed", "1970-01-01 00:00:03"))
    assert [one["state"] for one in as_responder.get("/v1/alerts/waiting?ended=true").json()["waiting"]] == [
        "suppressed", "pending"
    ]  # fmt: skip
    assert as_responder.get("/v1/alerts/waiting?state=firing").status_code == 422
