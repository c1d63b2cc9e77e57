"""Scheduled reports over the API: definitions, numbers as the API has them, previews, and sending at once."""

from __future__ import annotations

from typing import Any

import pytest

from alerting.channels.email import Email
from alerting.reports.phrases import percent
from tests.integration.gateway.reports import NOW, add_monitor, fault, problem
from tests.integration.gateway.rows import DAY_MS, HOUR, HOUR_MS, MINUTE_MS, Sender, window, write_checks
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel
from vedette.events.signals import AlertTransition
from vedette.statistics.minutes import Minutes
from vedette.store import outbox
from vedette.store.checks import CheckWindow
from vedette.store.recording import record

DAY = HOUR - HOUR % DAY_MS
WEEK = DAY - 7 * DAY_MS
"""What a weekly report covers that is made now begins here, and ends at `DAY`."""
MAIL = {"host": "mail.shop.example", "sender": "a@shop.example", "to": ["ann@shop.example"]}


def add_report(gateway: Gateway, name: str, **fields: Any) -> dict[str, Any]:
    body = {"name": name, "kind": "weekly", "channels": [add_channel(gateway, f"of {name}")], **fields}
    answer = gateway.call("POST", "/v1/reports", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def json_of(gateway: Gateway, report: int, **params: Any) -> dict[str, Any]:
    answer = gateway.get(f"/v1/reports/{report}/preview", params={"format": "json", **params})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def monitors(gateway: Gateway) -> tuple[int, int]:
    """Two: `shop` fails for some minutes of the week, at both of its places; `docs` did so in the week before, and is
    slow in this one. Each hour stands in the tables of minutes, hours and days."""
    shop, docs = (add_monitor(gateway, name, timeout_s=10) for name in ("shop", "docs"))
    tables: dict[str, list[CheckWindow]] = {"minutes": [], "hours": [], "days": []}
    slow = [(docs, WEEK + DAY_MS, "fra-1", [100.0] * 30 + [700.0] * 30, 0)]
    failing = [
        (monitor, at, place, [100.0] * (60 - down), down)
        for monitor, at, down in ((shop, WEEK + 3 * DAY_MS, 20), (docs, WEEK - 2 * DAY_MS, 5))
        for place in ("fra-1", "ams-1")
    ]
    for monitor, at, place, times, down in slow + failing:
        known = Minutes(((1 << 60) - 1) & ~((1 << down) - 1), (1 << 60) - 1)
        fields: dict[str, Any] = {"down": down, "location": place, "minutes": known}
        tables["hours"].append(window(monitor, at, times, **fields))
        tables["days"].append(window(monitor, at, times, width=1440, **fields))
        tables["minutes"] += [
            window(monitor, at + n * MINUTE_MS, times[n - down : n - down + 1] if n >= down else (),
                   location=place, down=int(n < down))
            for n in range(60)
        ]  # fmt: skip
    write_checks(gateway, **tables)
    return shop, docs


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
@pytest.mark.parametrize(("kind", "when"), [("weekly", ""), ("daily", "30 23 * * *"), ("daily", "0 9 1 * *")])
def test_the_numbers_of_a_report_are_those_of_the_api(
    gateway: Gateway, monitors: tuple[int, int], kind: str, when: str, zone: str
) -> None:
    made = add_report(gateway, f"{kind} {when} {zone}", kind=kind, when=when, zone=zone)
    found = json_of(gateway, made["id"], at=str(WEEK + 3 * DAY_MS + 12 * HOUR_MS) if kind == "daily" else "now")
    rows = [*found["endpoints"]["worst"], *found["endpoints"]["slowest"]]
    assert monitors[0] in {row["id"] for row in rows}
    for row in rows:
        span = {"from": found["from_ms"], "to": found["to_ms"]}
        uptime = gateway.get(f"/v1/monitors/{row['id']}/uptime", params=span).json()
        apdex = gateway.get(f"/v1/monitors/{row['id']}/apdex", params=span).json()
        assert (row["uptime"], row["reachability"]) == (uptime["uptime"], uptime["reachability"])
        assert (row["apdex"], row["band"]) == (apdex["display"], apdex["band"])
        before = {"from": found["before_ms"], "to": found["from_ms"]}
        earlier = gateway.get(f"/v1/monitors/{row['id']}/uptime", params=before).json()
        assert row["uptime_before"] == earlier["uptime"]


def test_a_week_is_told_with_the_week_before(gateway: Gateway, monitors: tuple[int, int]) -> None:
    found = json_of(gateway, add_report(gateway, "numbers")["id"])
    assert (found["from_ms"], found["to_ms"], found["before_ms"]) == (WEEK, DAY, WEEK - 7 * DAY_MS)
    shop = found["endpoints"]["worst"][0]
    assert (shop["id"], shop["uptime"], shop["uptime_before"], shop["down_minutes"]) == (monitors[0], 2 / 3, None, 20)
    docs = next(row for row in found["endpoints"]["slowest"] if row["id"] == monitors[1])
    assert (docs["apdex"], docs["apdex_before"]) == ("0.75* [0.5]", "0.92 [0.5]")
    assert found["endpoints"]["bands"] == {"excellent": 0, "good": 0, "fair": 1, "poor": 1, "unacceptable": 0}
    assert [(n, count) for n, count in enumerate(found["endpoints"]["hours"]) if count[1]] == [(3 * 24, [120, 40])]


def test_a_report_of_some_monitors_is_about_these(gateway: Gateway, monitors: tuple[int, int]) -> None:
    found = json_of(gateway, add_report(gateway, "docs only", monitors=[monitors[1]])["id"])
    assert (found["endpoints"]["monitors"], found["endpoints"]["uptime"]) == (1, 1.0)


def test_a_preview_is_a_page_that_loads_nothing_and_may_do_nothing(gateway: Gateway, monitors: tuple[int, int]) -> None:
    report = add_report(gateway, "<b>week & co</b>")["id"]
    answer = gateway.get(f"/v1/reports/{report}/preview")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers.get_list("Content-Security-Policy") == [answer.headers["Content-Security-Policy"]]
    page = answer.text
    assert "&lt;b&gt;week &amp; co&lt;/b&gt;" in page
    assert page.count('src="data:image/png;base64,') == 2
    assert "http://" not in page.replace("http://127.0.0.1", "")
    text = gateway.get(f"/v1/reports/{report}/preview", params={"format": "text"}).text
    assert f"- shop: Uptime {percent(2 / 3)}" in text
    assert gateway.get(f"/v1/reports/{report}").json()["runs"] == []


def test_alerts_are_counted_and_told_apart_by_what_was_told(fresh: Gateway) -> None:
    report = add_report(fresh, "day", kind="daily", when="0 * * * *")["id"]
    begun = HOUR - HOUR_MS + 60_000
    account = fresh.ours.account

    def fire(alert: int, rule: str, *, silent: bool = False, ended: int | None = None) -> None:
        start = AlertTransition(
            alert * 10, alert, account, alert, rule, f"source:web-{alert}", "firing", begun, f"{rule} at {alert}",
            severity="critical",
        )  # fmt: skip
        if silent:
            # What holds is decided by the database's clock.
            row = fresh.store.row("SELECT (extract(epoch FROM now()) * 1000)::bigint AS ms")
            assert row is not None
            span = {"from_ms": row["ms"] - 1000, "to_ms": row["ms"] + HOUR_MS}
            body = {"selector": f'{{rule="{rule}"}}', "reason": "known", **span}
            assert fresh.call("POST", "/v1/silences", json=body).status_code == 201
        record(fresh.store, [(start, ())])
        if ended is not None:
            end = AlertTransition(
                alert * 10 + 1, alert, account, alert, rule, start.subject, "resolved", ended, start.title
            )
            record(fresh.store, [(end, ())])

    fire(1, "Disk full", ended=begun + 120_000)
    fire(2, "Disk full")
    fire(3, "Host silent", silent=True)
    found = json_of(fresh, report, at=str(HOUR))["alerting"]
    load = found["load"]
    assert (load["began"], load["critical"], load["resolve_s"], load["acknowledge_s"]) == (3, 3, 120.0, None)
    assert load["by_hour"][21] == 3
    assert [(row["name"], row["count"], row["before"]) for row in found["rules"]] == [
        ("Disk full", 2, 0),
        ("Host silent", 1, 0),
    ]
    assert {(row["id"], row["said"]) for row in found["told"]["rows"]} == {(n, "not delivered yet") for n in "12"}
    assert [(row["id"], row["said"]) for row in found["held_back"]["rows"]] == [("3", "by a silence")]
    assert {row["id"] for row in found["open"]["rows"]} == {"2", "3"}
    chosen = add_report(fresh, "disks", kind="daily", when="0 * * * *", match='{rule="Disk full"}')["id"]
    assert json_of(fresh, chosen, at=str(HOUR))["alerting"]["load"]["began"] == 2


def test_what_began_in_quiet_hours_is_told_by_the_report_of_the_morning(fresh: Gateway) -> None:
    channel = add_channel(fresh)
    # Whom it is told to is decided by the database's clock: the quiet hours are around that.
    row = fresh.store.row("SELECT to_char(now() AT TIME ZONE 'UTC', 'HH24:MI') AS now")
    assert row is not None
    hours = {"since": row["now"], "until": f"{(int(row['now'][:2]) + 12) % 24:02d}{row['now'][2:]}"}
    assert fresh.call("POST", "/v1/routes", json={"name": "quiet", "steps": [], "hours": hours}).status_code == 201
    report = add_report(fresh, "day", kind="daily", channels=[channel])["id"]
    account = fresh.ours.account
    start = AlertTransition(7, 7, account, 1, "Host silent", "source:web-1", "firing", HOUR - 60_000, "web-1 is silent")
    record(fresh.store, [(start, ())])
    assert outbox.claim(fresh.store, 10, 30.0) == []
    found = json_of(fresh, report, at=str(HOUR + 10 * HOUR_MS))["alerting"]
    assert [(row["title"], row["said"]) for row in found["held_back"]["rows"]] == [
        ("web-1 is silent", "nobody, by its route")
    ]
    assert found["open"]["total"] == 1


def test_what_has_changed_and_which_hosts_there_are_is_told(fresh: Gateway) -> None:
    Sender(fresh, "web-1").write("1m", {HOUR: [1.0]})
    report = add_report(fresh, "day", kind="daily", parts=["changed", "hosts"])["id"]
    marker = {"name": "v2", "at": str(HOUR)}
    assert fresh.call("POST", "/v1/markers", json=marker).status_code == 201
    found = json_of(fresh, report)
    assert ["v2", "release", HOUR] in found["changed"]["rows"]
    assert (found["hosts"]["total"], [row[0] for row in found["hosts"]["silent"]["rows"]]) == (1, ["web-1"])


def test_a_report_that_is_sent_at_once_waits_in_the_outbox_for_each_channel(fresh: Gateway) -> None:
    mail = fresh.call("POST", "/v1/channels", json={"name": "mail", "kind": "email", "config": MAIL}).json()["id"]
    report = add_report(fresh, "week", channels=[add_channel(fresh), mail])
    run = fresh.call("POST", f"/v1/reports/{report['id']}/send").json()
    assert (run["state"], [one["state"] for one in run["notifications"]]) == ("made", ["pending", "pending"])
    shown = fresh.get(f"/v1/reports/{report['id']}").json()
    assert (shown["runs"], shown["next_ms"]) == ([run], report["next_ms"])
    second, first = sorted(outbox.claim(fresh.store, 10, 30.0), key=lambda one: one.channel)
    assert first.body["report"] == second.body["report"]
    letter = Email.from_config(second.config)
    assert letter.config()["to"] == ["ann@shop.example"]
    outbox.delivered(fresh.store, first.id, "200 thanks")
    states = fresh.get(f"/v1/reports/{report['id']}").json()["runs"][0]["notifications"]
    assert [(one["state"], one["attempts"], one["answer"]) for one in states] == [
        ("delivered", 1, "200 thanks"),
        ("pending", 1, None),
    ]


def test_a_report_is_changed_and_removed_with_what_it_did(fresh: Gateway) -> None:
    made = add_report(fresh, "week")
    path = f"/v1/reports/{made['id']}"
    assert made["next_ms"] > NOW
    same = {**{name: made[name] for name in made if name not in {"id", "next_ms"}}, "parts": ["open"]}
    fresh.clock.advance(60)
    assert fresh.call("PUT", path, json=same).json()["next_ms"] == made["next_ms"]
    later = fresh.call("PUT", path, json={**same, "when": "0 9 * * mon"}).json()
    assert later["next_ms"] == made["next_ms"] + HOUR_MS
    problem(fresh.call("DELETE", f"/v1/channels/{made['channels'][0]}"), 409, "conflict")
    fresh.call("POST", f"{path}/send")
    assert fresh.call("DELETE", path).status_code == 204
    assert outbox.claim(fresh.store, 10, 30.0) == []
    assert fresh.call("DELETE", f"/v1/channels/{made['channels'][0]}").status_code == 204


def test_what_a_report_names_must_be_there_and_able(gateway: Gateway) -> None:
    pager = {"name": "pager", "kind": "pagerduty", "config": {"routing_key": "a" * 32}}
    able = gateway.call("POST", "/v1/channels", json=pager)
    assert able.status_code == 201, able.text
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"channels": [999_999]}, "channels"),
        ({"channels": [able.json()["id"]]}, "channels"),
        ({"monitors": [999_999]}, "monitors"),
        ({"when": "* * * * *"}, "when"),
        ({"zone": "Mars"}, "zone"),
        ({"parts": ["weather"]}, "parts[0]"),
    ]
    for fields, field in wrong:
        body = {"name": "wrong", "kind": "weekly", "channels": [add_channel(gateway, f"c {field}{fields}")], **fields}
        fault(gateway.call("POST", "/v1/reports", json=body), field)
    add_report(gateway, "taken")
    body = {"name": "taken", "kind": "daily", "channels": [add_channel(gateway, "more")]}
    problem(gateway.call("POST", "/v1/reports", json=body), 409, "conflict")


def test_reports_need_their_scopes_and_their_account(gateway: Gateway) -> None:
    made = add_report(gateway, "ours")
    path = f"/v1/reports/{made['id']}"
    body = {"name": "x", "kind": "weekly", "channels": made["channels"]}
    for method, place in (("POST", "/v1/reports"), ("PUT", path), ("DELETE", path), ("POST", f"{path}/send")):
        problem(gateway.call(method, place, "respond", json=body), 403, "not-allowed")
    for method, place in (("GET", path), ("GET", f"{path}/preview"), ("DELETE", path), ("POST", f"{path}/send")):
        problem(gateway.call(method, place, tenant=gateway.theirs), 404, "not-found")
    fault(gateway.call("POST", "/v1/reports", tenant=gateway.theirs, json=body), "channels")
    assert gateway.get("/v1/reports", tenant=gateway.theirs).json() == {"reports": []}
