"""Badges over HTTP: who sees them, for how long they may be kept, and what they show."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.integration.gateway.reports import NOW, add_monitor, fault, problem
from tests.integration.gateway.rows import HOUR, MINUTE_MS, window, write_checks
from tests.integration.gateway.server import Gateway
from vedette.store.checks import StateRow
from vedette.store.outage_states import OutageState

KINDS = ("status", "uptime", "apdex", "response")


def texts(picture: bytes) -> list[str | None]:
    return [text.text for text in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="module")
def monitor(gateway: Gateway) -> int:
    found = add_monitor(gateway, "shop <b>")
    write_checks(
        gateway,
        minutes=[window(found, HOUR, [100.0] * 17), window(found, HOUR + MINUTE_MS, down=3)],
        states=[StateRow(found, "fra-1", "down", NOW, NOW, 1.0, 200, None)],
        outages=[OutageState(found, "partial", NOW, NOW, 5, None)],
    )
    return found


def publish(gateway: Gateway, monitor: int) -> dict[str, Any]:
    made = gateway.call("POST", f"/v1/monitors/{monitor}/badges")
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


SHOWN = {
    "status": ["shop <b>", "partial"],  # what all places together say, not the worst of them
    "uptime": ["uptime 1h", "50%"],
    "apdex": ["apdex 1h", "0.85* [0.5]"],
    "response": ["response 1h", "100 ms"],
}


@pytest.mark.parametrize("what", KINDS)
def test_a_link_shows_its_badge_to_anybody(gateway: Gateway, monitor: int, what: str) -> None:
    answer = gateway.get(publish(gateway, monitor)["badges"][what], None, params={"range": "1h"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    found = texts(answer.content)
    assert found[0] == SHOWN[what][0]
    assert found[1] == SHOWN[what][1] or (what == "response" and str(found[1]).endswith(" ms"))


def test_a_label_of_the_viewers_stands_there_escaped(gateway: Gateway, monitor: int) -> None:
    path = publish(gateway, monitor)["badges"]["apdex"]
    answer = gateway.get(path, None, params={"range": "1h", "label": '"><svg onload=x>'})
    assert texts(answer.content)[0] == '"><svg onload=x>'
    fault(gateway.get(path, None, params={"label": "x" * 61}), "label")


def test_a_picture_that_has_not_changed_is_not_sent_again(gateway: Gateway, monitor: int) -> None:
    path = publish(gateway, monitor)["badges"]["status"]
    first = gateway.get(path, None)
    for tag in (first.headers["ETag"], f'"x", W/{first.headers["ETag"]}'):
        again = gateway.get(path, None, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Cache-Control"] == "public, max-age=60"
    assert gateway.get(path, None, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_new_link_ends_the_old_one_and_a_removed_one_leads_nowhere(gateway: Gateway, monitor: int) -> None:
    first = publish(gateway, monitor)
    assert gateway.get(f"/v1/monitors/{monitor}/badges").json() == first
    second = publish(gateway, monitor)
    assert first["token"] != second["token"]
    problem(gateway.get(first["badges"]["status"], None), 404, "not-found")
    assert gateway.get(second["badges"]["status"], None).status_code == 200
    assert gateway.call("DELETE", f"/v1/monitors/{monitor}/badges").status_code == 204
    problem(gateway.get(second["badges"]["status"], None), 404, "not-found")
    problem(gateway.get(f"/v1/monitors/{monitor}/badges"), 404, "not-found")


def test_a_link_dies_with_its_monitor(gateway: Gateway) -> None:
    monitor = add_monitor(gateway, "short-lived badge")
    path = publish(gateway, monitor)["badges"]["status"]
    assert texts(gateway.get(path, None).content) == ["short-lived badge", "unknown"]
    assert gateway.call("DELETE", f"/v1/monitors/{monitor}").status_code == 204
    problem(gateway.get(path, None), 404, "not-found")


@pytest.mark.parametrize("token", ["x", "A" * 22, "A" * 23, "%00" * 22, "..%2f" * 4 + "ab"])
def test_a_token_that_was_never_made_shows_nothing(gateway: Gateway, token: str) -> None:
    problem(gateway.get(f"/v1/badges/{token}/status.svg", None), 404, "not-found")


def test_without_a_link_a_badge_needs_a_token_that_may_read(gateway: Gateway, monitor: int) -> None:
    path = f"/v1/monitors/{monitor}/badges/status.svg"
    assert gateway.get(path, None).status_code == 401
    problem(gateway.get(path, "ingest"), 403, "not-allowed")
    problem(gateway.get(path, tenant=gateway.theirs), 404, "not-found")
    answer = gateway.get(path)
    assert texts(answer.content) == ["shop <b>", "partial"]
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("private, max-age=60", "Authorization")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_links_of_another_account_are_not_found(gateway: Gateway, monitor: int, method: str) -> None:
    path = publish(gateway, monitor)["badges"]["status"]
    problem(gateway.call(method, f"/v1/monitors/{monitor}/badges", tenant=gateway.theirs), 404, "not-found")
    assert gateway.get(path, None).status_code == 200
    if method != "GET":
        problem(gateway.call(method, f"/v1/monitors/{monitor}/badges", "read"), 403, "not-allowed")


def test_an_unknown_badge_or_range_is_named(gateway: Gateway, monitor: int) -> None:
    token = publish(gateway, monitor)["token"]
    fault(gateway.get(f"/v1/badges/{token}/colour.svg", None), "what")
    fault(gateway.get(f"/v1/badges/{token}/uptime.svg", None, params={"range": "2h"}), "range")
