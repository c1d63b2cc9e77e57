"""Links in messages: whoever has one acknowledges without signing in, once; looking changes nothing."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel, fire
from vedette.store import alert_links, hands


def acting(gateway: Gateway, method: str, token: str) -> httpx.Response:
    with httpx.Client(base_url=gateway.url, trust_env=False) as nobody:
        return nobody.request(method, f"/act/{token}")


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
