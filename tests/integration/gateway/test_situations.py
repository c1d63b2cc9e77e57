"""Situations over HTTP: what belongs together, what else changed and in which order, timeline, post-mortem."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ingest_api.situations import endpoints, hosts
from tests.integration.gateway.bad_release import API, HOST, OTHER, SHOP, START, Site, alert, bad_release
from tests.integration.gateway.reports import NOW, fault, problem
from tests.integration.gateway.rows import MINUTE_MS
from tests.integration.gateway.server import Gateway
from vedette.events.signals import AlertTransition
from vedette.store.recording import note, record


@pytest.fixture(scope="module")
def site(gateway: Gateway) -> Site:
    return bad_release(gateway)


@pytest.fixture(scope="module")
def told(gateway: Gateway, site: Site) -> dict[str, Any]:
    assert site.shop
    answer = gateway.get(f"/v1/situations/{API}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def changes(told: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [change for change in told["changed"] if change["kind"] == kind]


@pytest.mark.usefixtures("site")
def test_alerts_that_belong_together_are_one_in_the_list(gateway: Gateway) -> None:
    rows = gateway.get("/v1/situations").json()["situations"]
    assert [(row["id"], row["title"], row["alerts"], row["state"]) for row in rows] == [
        (str(OTHER), "far-1 is silent", 1, "open"),
        (str(SHOP), "shop is down", 3, "ended"),
    ]
    assert (rows[1]["started_ms"], rows[1]["ended_ms"]) == (START, START + 20 * MINUTE_MS)
    listed = [row["id"] for row in gateway.get("/v1/situations?state=open").json()["situations"]]
    assert listed == [str(OTHER)]
    assert [row["id"] for row in gateway.get("/v1/situations?least=2").json()["situations"]] == [str(SHOP)]
    asked = {"from": START - 60 * MINUTE_MS, "to": START - 1}
    assert gateway.get("/v1/situations", params=asked).json()["situations"] == []


def test_it_is_found_by_any_of_its_alerts_and_says_why_each_belongs(told: dict[str, Any], site: Site) -> None:
    assert (told["id"], told["alerts"], told["cut"]) == (str(SHOP), 3, False)
    because = {one["id"]: one["because"] for one in told["members"]}
    assert because[str(SHOP)] is None
    assert because[str(HOST)] == {"what": "host", "which": "web-1", "alert": str(SHOP)}
    assert because[str(API)] == {"what": "parent", "which": "shop", "alert": str(SHOP)}
    assert [outage["monitor"] for outage in told["outages"]] == [site.shop]


def test_what_changed_is_ranked_by_a_score_that_explains_itself(told: dict[str, Any]) -> None:
    scores = [change["score"] for change in told["changed"]]
    assert scores == sorted(scores, reverse=True)
    for change in told["changed"]:
        assert change["score"] == pytest.approx(change["size"] * change["nearness"] * change["kinship"], abs=2e-4)
        assert change["link"].startswith("/v1/")
    assert [change["kind"] for change in told["changed"][:2]] == ["marker", "series"]


def test_releases_before_it_are_there_the_nearer_and_closer_the_higher(told: dict[str, Any]) -> None:
    near, far = changes(told, "marker")
    assert (near["title"], near["kin"], near["nearness"]) == ("shop 4.2.0", "own", pytest.approx(1 / 1.2, abs=1e-4))
    assert (far["title"], far["kin"]) == ("far release", "akin")
    assert near["score"] > far["score"]


def test_series_of_its_hosts_come_with_numbers_and_links(gateway: Gateway, told: dict[str, Any]) -> None:
    heap, busy = changes(told, "series")
    assert (heap["title"], heap["kin"]) == ("web-1: heap.bytes", "own")
    assert heap["before"] == pytest.approx(102, rel=0.01)
    assert heap["after"] == pytest.approx(918, rel=0.01)
    assert (busy["title"], busy["kin"]) == ('db-1: db.busy{pool="a"}', "akin")
    for change in (heap, busy):
        (found,) = gateway.get(change["link"]).json()["series"]
        assert max(value for value in found["values"] if value is not None) == pytest.approx(change["after"], rel=0.05)
    assert told["looked_at"]["hosts"]["hosts"] == 3
    assert told["looked_at"]["hosts"]["left_out"] == 0


def test_endpoints_models_and_other_alerts_are_there(told: dict[str, Any], site: Site) -> None:
    (slower,) = changes(told, "endpoint")
    assert (slower["monitor"], slower["measure"], slower["kin"]) == (site.blog, "time_ms", "other")
    assert (slower["before"], slower["after"]) == (pytest.approx(101.5, abs=1), pytest.approx(401.5, abs=1))
    (drifted,) = changes(told, "drift")
    assert (drifted["feature"], drifted["before"], drifted["after"], drifted["threshold"]) == ("age", 0.02, 0.4, 0.1)
    (other,) = changes(told, "alert")
    assert (other["id"], other["kin"]) == (str(OTHER), "other")


def test_nothing_of_another_account_is_told(gateway: Gateway, told: dict[str, Any]) -> None:
    assert "their" not in str({name: part for name, part in told.items() if name != "looked_at"})
    theirs = gateway.get("/v1/situations/9000", tenant=gateway.theirs).json()
    assert {change["title"] for change in theirs["changed"]} == {
        "their release", "new model: their model", "web-1: their.series"
    }  # fmt: skip
    assert theirs["alerts"] == 1


@pytest.mark.usefixtures("site")
def test_its_own_hosts_and_endpoints_are_read_first(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "ROWS", 120)
    monkeypatch.setattr(endpoints, "MOST_MONITORS", 0)
    told = gateway.get(f"/v1/situations/{SHOP}").json()
    assert [change["title"] for change in changes(told, "series")] == ["web-1: heap.bytes"]
    assert {name: told["looked_at"]["hosts"][name] for name in ("hosts", "rows", "left_out")} == {
        "hosts": 1, "rows": 110, "left_out": 2
    }  # fmt: skip
    assert changes(told, "endpoint") == []
    assert told["looked_at"]["endpoints"]["left_out"] == 1


def test_every_link_leads_somewhere(gateway: Gateway, told: dict[str, Any]) -> None:
    for change in told["changed"]:
        assert gateway.get(change["link"]).status_code == 200, change


def test_the_timeline_has_alerts_votes_messages_and_releases(told: dict[str, Any]) -> None:
    steps = told["timeline"]
    assert [step["at_ms"] for step in steps] == sorted(step["at_ms"] for step in steps)
    said = [(step["what"], step["title"]) for step in steps]
    assert said.index(("marker", "shop 4.2.0")) < said.index(("outage", "shop")) < said.index(("start", "shop is down"))
    assert said.count(("end", "shop is down")) == 1
    assert [what for what, _ in said].count("message pending") == 6
    assert told["timeline_left_out"] == 0


def test_what_it_cost_is_counted(told: dict[str, Any], site: Site) -> None:
    impact = told["impact"]
    assert (impact["lasted_s"], impact["down_s"], impact["failed_checks"]) == (1200, 1200, 40)
    shop = next(one for one in impact["monitors"] if one["monitor"] == site.shop)
    assert (shop["down_s"], shop["failing_s"], shop["apdex_before"]) == (1200, 1202, 1.0)
    assert shop["apdex_loss"] == pytest.approx(40 / 44, abs=0.05)
    assert impact["hosts"] == ["web-1"]


def test_deeds_and_silences_are_on_the_timeline(fresh: Gateway) -> None:
    alert(fresh, 1, "source:web-1", NOW - 5 * MINUTE_MS, "web-1 is silent")
    fresh.call("POST", "/v1/alerts/1/acknowledge", "respond", json={"text": "mine"})
    fresh.call("POST", "/v1/alerts/1/comment", "respond", json={"text": "the switch"})
    body = {"selector": '{source="web-1"}', "minutes": 60, "reason": "noise"}
    assert fresh.call("POST", "/v1/silences", "respond", json=body).status_code == 201
    window = {"kind": "once", "name": "new disks", "from_ms": NOW - 10 * MINUTE_MS, "to_ms": NOW + MINUTE_MS}
    assert fresh.call("POST", "/v1/maintenance", json=window).status_code == 201
    told = fresh.get("/v1/situations/1").json()
    said = {(step["what"], step["text"]) for step in told["timeline"]}
    assert {("acknowledged", "mine"), ("commented", "the switch")} <= said
    assert told["acknowledged_by"] == told["impact"]["acknowledged_by"]
    assert told["impact"]["acknowledged_by"].startswith("token ")
    assert (told["state"], told["firing"]) == ("open", 1)


def test_all_its_open_alerts_are_taken_up_at_once(fresh: Gateway) -> None:
    for number, minutes in ((1, 5), (2, 4), (3, 3)):
        alert(
            fresh,
            number,
            "source:web-1" if number < 3 else "source:far-1",
            NOW - minutes * MINUTE_MS,
            f"{number} fires",
        )
    fresh.call("POST", "/v1/alerts/2/acknowledge", "respond", json={"text": "mine"})
    members = [one["id"] for one in fresh.get("/v1/situations/1").json()["members"]]
    problem(fresh.call("POST", "/v1/situations/1/acknowledge", "read", json={}), 403, "not-allowed")
    problem(fresh.call("POST", "/v1/situations/77/acknowledge", "respond", json={}), 404, "not-found")
    fault(fresh.call("POST", "/v1/situations/1/acknowledge", "respond", json={"text": 7}), "text")
    answer = fresh.call("POST", "/v1/situations/1/acknowledge", "respond", json={"text": "the switch"})
    assert answer.json() == {"acknowledged": [one for one in members if one != "2"], "left": 0}
    told = fresh.get("/v1/situations/1").json()
    assert all(one["acknowledged_by"] for one in told["members"])
    again = fresh.call("POST", "/v1/situations/1/acknowledge", "respond", json={})
    assert again.json() == {"acknowledged": [], "left": 0}


def test_of_a_storm_the_middle_is_left_out_but_nothing_that_people_did(fresh: Gateway) -> None:
    fresh.call("POST", "/v1/channels", json={"name": "ops", "kind": "webhook", "config": {"url": "http://127.0.0.1/"}})
    steps = []
    for number in range(1, 1201):
        at = NOW - 60 * MINUTE_MS + number * 10
        start = AlertTransition(
            number, number, fresh.ours.account, 1, "Host silent", f"source:h{number}", "firing", at, "s"
        )
        end = replace(start, id=-number, state="resolved", at=at + 30 * MINUTE_MS)
        steps += [(start, ()), (end, ())]
    deed = AlertTransition(
        5000, 600, 1, 1, "", "", "commented", NOW - 45 * MINUTE_MS, "", detail={"by": "ann", "text": "!"}
    )
    record(fresh.store, steps)
    with fresh.store.transaction() as connection:
        note(connection, deed)
    told = fresh.get("/v1/situations/600").json()
    assert (told["alerts"], len(told["members"]), told["state"]) == (1200, 500, "ended")
    assert [step["by"] for step in told["timeline"] if step["what"] == "commented"] == ["ann"]
    assert len(told["timeline"]) == 801
    assert told["timeline_left_out"] == 2 * 1200 + 1 + 2 * 1200 - 801
    assert told["timeline"][0]["what"] == "start"
    assert "And 700 more." in fresh.get("/v1/situations/600/post-mortem").text


def test_a_post_mortem_is_markdown_to_download(gateway: Gateway, site: Site) -> None:
    assert site.shop
    answer = gateway.get(f"/v1/situations/{SHOP}/post-mortem")
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="post-mortem-{SHOP}.md"'
    text = answer.text
    heads = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert heads == [
        "Summary", "Impact", "Root causes", "Trigger", "Detection and response", "What else changed", "Alerts",
        "Timeline", "Actions", "Lessons learned",
    ]  # fmt: skip
    assert "# Post-mortem: shop is down" in text
    assert "- Failed checks: 40 of" in text
    assert "web-1 is \\*silent\\*" in text
    assert "blog \\| \\<b\\>: time\\_ms" in text
    assert "**confirmed** at nyc-1: shop" in text


def test_nobody_sees_the_situations_of_another_account(gateway: Gateway, site: Site) -> None:
    assert site.shop
    listed = gateway.get("/v1/situations", tenant=gateway.theirs).json()["situations"]
    assert [one["id"] for one in listed] == ["9000"]
    for path in ("", "/post-mortem"):
        problem(gateway.get(f"/v1/situations/{SHOP}{path}", tenant=gateway.theirs), 404, "not-found")
    problem(gateway.get("/v1/situations/999"), 404, "not-found")
    for path in ("", f"/{SHOP}", f"/{SHOP}/post-mortem"):
        problem(gateway.get(f"/v1/situations{path}", "ingest"), 403, "not-allowed")
        problem(gateway.get(f"/v1/situations{path}", None), 401)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/x", "situation"), ("/99999999999999999999", "situation"), ("/1.5/post-mortem", "situation"),
        ("?from=now&to=-1h", "from"), ("?from=-99999d", "from"), ("?from=x", "from"), ("?state=closed", "state"),
        ("?least=0", "least"), ("?limit=1001", "limit"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_by_name(gateway: Gateway, path: str, field: str) -> None:
    fault(gateway.get(f"/v1/situations{path}"), field)
