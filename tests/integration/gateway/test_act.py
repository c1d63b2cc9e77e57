"""Links in messages: whoever has one does one thing without signing in, once; looking changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel, fire
from vedette.events.topics import ALERTS
from vedette.store import alert_links, hands


def acting(gateway: Gateway, method: str, token: str, **form: str) -> httpx.Response:
    with httpx.Client(base_url=gateway.url, trust_env=False) as nobody:
        return nobody.request(method, f"/act/{token}", data=form or None)


def made(gateway: Gateway, *alerts: int) -> str:
    token = alert_links.make(gateway.store, alerts, add_channel(gateway, "night"))
    assert token is not None
    return token


def test_looking_changes_nothing_and_the_button_acknowledges_once(fresh: Gateway) -> None:
    path = fire(fresh)
    token = made(fresh, -7)
    for method in ("GET", "HEAD", "GET"):
        assert acting(fresh, method, token).status_code in {200, 405}
    assert fresh.get(path).json()["acknowledged_by"] is None
    page = acting(fresh, "GET", token)
    assert "web-1 is silent: firing" in page.text
    assert '<form method="post">' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    done = acting(fresh, "POST", token)
    assert done.status_code == 200
    assert "acknowledged by link to night" in done.text
    found = fresh.get(path).json()
    assert found["acknowledged_by"] == "link to night"
    assert [row["state"] for row in found["timeline"]] == ["firing", "acknowledged"]
    assert acting(fresh, "POST", token).status_code == 409
    assert "<form" not in acting(fresh, "GET", token).text
    hands.unacknowledge(fresh.store, fresh.ours.account, -7, "ann")
    assert acting(fresh, "POST", token).status_code == 409, "a link that was used is used"
    assert fresh.get(path).json()["acknowledged_by"] is None


def test_buttons_put_off_resolve_and_remark_in_the_name_of_the_channel_once_each(fresh: Gateway) -> None:
    path = fire(fresh)
    deeds = [
        ({"deed": "snooze-1h", "text": "at lunch"}, "snoozed", "Put off"),
        ({"deed": "snooze-4h", "text": ""}, "snoozed", "Put off"),
        ({"deed": "comment", "text": " <b>the switch</b> 😀"}, "commented", "Noted"),
        ({"deed": "assign", "text": "", "to": " ann@shop.example "}, "assigned", "Assigned"),
        ({"deed": "acknowledge", "text": "mine"}, "acknowledged", "Acknowledged"),
        ({"deed": "resolve", "text": "gone"}, "resolved", "Resolved"),
    ]
    channel = add_channel(fresh, "night")
    for form, state, title in deeds:
        token = alert_links.make(fresh.store, [-7], channel)
        assert token is not None
        assert f'value="{form["deed"]}"' in acting(fresh, "GET", token).text
        done = acting(fresh, "POST", token, **form)
        assert (done.status_code, f"<h1>{title}</h1>" in done.text) == (200, True)
        assert "<form" not in acting(fresh, "GET", token).text
        again = acting(fresh, "POST", token, deed="comment", text="again")
        assert again.status_code == 409
        step = fresh.get(path).json()["timeline"][-1]
        assert (step["state"], step["detail"]["by"]) == (state, "link to night")
        assert step["detail"]["text"] == form["text"].strip()
    found = fresh.get(path).json()
    now_ms = fresh.clock.now_ms()
    assert found["assignee"] == "ann@shop.example"
    untils = [step["detail"]["until_ms"] - now_ms for step in found["timeline"] if step["state"] == "snoozed"]
    assert untils == [3_600_000, 4 * 3_600_000]
    assert len(found["timeline"]) == 1 + len(deeds)
    assert sum(bounds.end - bounds.start for bounds in fresh.log.bounds(ALERTS.name)) == len(deeds)


def test_until_the_morning_is_the_zones_of_whoever_is_on_call(fresh: Gateway) -> None:
    path = fire(fresh)
    channel = add_channel(fresh, "night")
    token = alert_links.make(fresh.store, [-7], channel)
    assert token is not None
    assert "08:00" in acting(fresh, "GET", token).text
    assert "(UTC)" in acting(fresh, "GET", token).text
    for name, zone, who in (("a", "Asia/Tokyo", add_channel(fresh, "others")), ("b", "Europe/Berlin", channel)):
        body = {"name": name, "rotation": [who], "first": "2026-11-30", "handover": "09:00", "zone": zone}
        assert fresh.call("POST", "/v1/schedules", json=body).status_code == 201
    assert "(Europe/Berlin)" in acting(fresh, "GET", token).text
    assert acting(fresh, "POST", token, deed="snooze-morning").status_code == 200
    until_ms = fresh.get(path).json()["timeline"][-1]["detail"]["until_ms"]
    local = datetime.fromtimestamp(until_ms / 1000, ZoneInfo("Europe/Berlin"))
    assert (local.hour, local.minute) == (8, 0)
    assert 3_600_000 < until_ms - fresh.clock.now_ms() <= 25 * 3_600_000


def test_of_an_alert_that_is_over_a_remark_is_all_that_is_left(fresh: Gateway) -> None:
    path = fire(fresh)
    hands.resolve(fresh.store, fresh.ours.account, -7, "ann")
    token = made(fresh, -7)
    look = acting(fresh, "GET", token).text
    assert look.count("<button") == 1
    for deed in ("resolve", "snooze-1h", "acknowledge", "assign"):
        assert "Nothing to do" in acting(fresh, "POST", token, deed=deed, to="ann").text
    assert acting(fresh, "POST", token, deed="comment", text="it was the fan").status_code == 200
    assert fresh.get(path).json()["timeline"][-1]["detail"]["text"] == "it was the fan"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"deed": "delete"}, "deed"),
        ({"deed": "comment", "text": "  "}, "text"),
        ({"deed": "comment", "text": "a\0b"}, "text"),
        ({"deed": "resolve", "text": "x" * 2001}, "text"),
        ({"deed": "assign", "to": " "}, "to"),
        ({"deed": "assign", "to": "x" * 201}, "to"),
        ({str(number): "x" for number in range(20)}, "the form"),
    ],
)
def test_a_form_that_says_something_else_does_nothing_and_uses_nothing_up(
    fresh: Gateway, form: dict[str, str], field: str
) -> None:
    path = fire(fresh)
    token = made(fresh, -7)
    answer = acting(fresh, "POST", token, **form)
    assert (answer.status_code, field in answer.text) == (422, True)
    assert [row["state"] for row in fresh.get(path).json()["timeline"]] == ["firing"]
    assert acting(fresh, "POST", token).status_code == 200


def test_of_two_who_press_at_once_one_does_it(fresh: Gateway) -> None:
    path = fire(fresh)
    token = made(fresh, -7)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda n: acting(fresh, "POST", token, deed="comment", text=f"{n}"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert [row["state"] for row in fresh.get(path).json()["timeline"]] == ["firing", "commented"]


def test_a_link_to_a_group_acknowledges_what_fires_and_nobody_has(fresh: Gateway) -> None:
    add_channel(fresh)
    for alert in (-1, -2, -3):
        fire(fresh, f"source:web{alert}", alert)
    hands.acknowledge(fresh.store, fresh.ours.account, -1, "ann")
    hands.resolve(fresh.store, fresh.ours.account, -2, "ann")
    page = acting(fresh, "POST", made(fresh, -1, -2, -3)).text
    assert (page.count("acknowledged by ann"), page.count(": over"), page.count("acknowledged by link")) == (1, 1, 1)


@pytest.mark.parametrize("token", ["0" * 32, "x", "A" * 32, "0" * 31, "..%2f..", "%00", "ü" * 32])
def test_a_token_that_leads_nowhere_is_told_so(fresh: Gateway, token: str) -> None:
    for method in ("GET", "POST"):
        answer = acting(fresh, method, token)
        assert answer.status_code == 404
        assert "<script" not in answer.text


def test_a_link_that_is_too_old_leads_nowhere(fresh: Gateway) -> None:
    fire(fresh)
    token = made(fresh, -7)
    fresh.store.execute("UPDATE alert_links SET expires_at = now()")
    assert acting(fresh, "GET", token).status_code == 404
    assert acting(fresh, "POST", token).status_code == 404


def test_the_token_is_not_in_the_table_and_titles_are_no_markup(fresh: Gateway) -> None:
    fire(fresh)
    token = made(fresh, -7)
    row = fresh.store.row("SELECT hash FROM alert_links")
    assert row is not None
    assert token.encode() not in bytes(row["hash"])
    assert bytes.fromhex(token) not in bytes(row["hash"])
    fresh.store.execute("UPDATE alerts SET title = '<script>alert(1)</script>'")
    page = acting(fresh, "GET", token)
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_alerts_that_are_not_there_make_no_link(fresh: Gateway) -> None:
    assert alert_links.make(fresh.store, [404], add_channel(fresh)) is None
