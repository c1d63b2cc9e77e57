"""Who is on call and who is told, on the page: schedules, taking over, routes with their steps."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import ADMIN, PASSWORD, opened, sign_in
from tests.e2e.installation import Installation
from vedette.store import accounts
from vedette.store.pool import Store

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
NAMES = ("page ann", "page bob")


@pytest.fixture
def people(installation: Installation) -> Iterator[list[int]]:
    """Two channels that write into the worker's log; routes and schedules of the test are removed after it."""
    made = [
        int(installation.call("POST", "/v1/channels", json={"name": name, "kind": "console", "config": {}})["id"])
        for name in NAMES
    ]
    yield made
    for room in ("routes", "schedules", "groups"):
        for row in installation.call("GET", f"/v1/{room}")[room]:
            if row["name"].startswith("page "):
                installation.call("DELETE", f"/v1/{room}/{row['id']}")
    for channel in made:
        installation.call("DELETE", f"/v1/channels/{channel}")


def enter(page: Page, email: str = ADMIN) -> None:
    sign_in(page, email)
    page.get_by_role("link", name="On call").click()
    expect(page.get_by_test_id("schedules")).to_be_visible()


def test_a_schedule_is_made_taken_over_given_back_and_changed(installation: Installation, people: list[int]) -> None:
    ann, bob = people
    with opened(installation.url) as page:
        enter(page)
        panel, form = page.get_by_test_id("schedules"), page.get_by_test_id("schedule-form")
        panel.get_by_test_id("schedule-new").click()
        form.get_by_test_id("field-name").fill("page team")
        form.get_by_test_id("rotation-channel").first.select_option(label="page ann")
        form.get_by_test_id("field-rotation").click()
        form.get_by_test_id("rotation-channel").nth(1).select_option(label="page bob")
        form.get_by_test_id("field-zone").fill("Mars")
        form.get_by_test_id("save").click()
        expect(form.get_by_test_id("error-zone")).to_contain_text("Europe/Berlin")
        form.get_by_test_id("field-zone").fill("UTC")
        form.get_by_test_id("field-handover").fill("00:00")
        form.get_by_test_id("save").click()
        row = panel.get_by_test_id("schedule-row").filter(has_text="page team")
        expect(row.get_by_test_id("on-call-now")).to_have_text("page ann")
        expect(row.get_by_test_id("on-call-next")).to_contain_text("page bob, until")
        expect(form).to_have_count(0)

        row.get_by_test_id("schedule-take").click()
        takeover = page.get_by_test_id("takeover-form")
        takeover.get_by_test_id("field-channel").select_option(label="page bob")
        ahead = takeover.get_by_test_id("field-to_ms").input_value()
        takeover.get_by_test_id("field-to_ms").fill("2020-01-01T00:00")
        takeover.get_by_test_id("save").click()
        expect(takeover.get_by_test_id("error-to_ms")).to_contain_text("after now")
        takeover.get_by_test_id("field-to_ms").fill(ahead)
        takeover.get_by_test_id("save").click()
        expect(row.get_by_test_id("on-call-now")).to_have_text("page bob (takes over)")
        expect(row.get_by_test_id("on-call-next")).to_contain_text("page ann")
        override = panel.get_by_test_id("override-row")
        expect(override).to_contain_text("page bobpage teamnow")

        row.get_by_test_id("schedule-change").click()
        form.get_by_test_id("rotation-up").nth(1).click()
        form.get_by_test_id("field-days").fill("1")
        form.get_by_test_id("save").click()
        expect(row).to_contain_text("page bob, page ann; a day each, at 00:00 (UTC)")
        kept = next(one for one in installation.call("GET", "/v1/schedules")["schedules"] if one["name"] == "page team")
        assert (kept["rotation"], [one["channel"] for one in kept["overrides"]]) == ([bob, ann], [bob])

        override.get_by_test_id("override-end").click()
        expect(override).to_have_count(0)
        expect(row.get_by_test_id("on-call-now")).to_have_text("page bob")
        row.get_by_test_id("schedule-remove").click()
        row.get_by_test_id("schedule-remove").click()
        expect(row).to_have_count(0)


def test_a_route_with_its_steps_is_made_changed_and_removed(installation: Installation, people: list[int]) -> None:
    ann, _ = people
    plan = {"name": "page team", "rotation": [ann], "first": "2026-11-30"}
    team = installation.call("POST", "/v1/schedules", json=plan)["id"]
    shop = installation.call("POST", "/v1/groups", json={"name": "page shop", "channels": people})["id"]
    with opened(installation.url) as page:
        enter(page)
        panel, form = page.get_by_test_id("routes"), page.get_by_test_id("route-form")
        panel.get_by_test_id("route-new").click()
        form.get_by_test_id("field-name").fill("page nights")
        form.get_by_test_id("field-match").fill("{severity")
        expect(form.get_by_test_id("field-since")).to_be_hidden()
        form.get_by_test_id("field-always").select_option("no")
        form.get_by_test_id("field-since").fill("18:00")
        form.get_by_test_id("field-until").fill("08:00")
        form.get_by_test_id("field-zone").fill("UTC")
        form.get_by_label("Sat").uncheck()
        form.get_by_label("Sun").uncheck()
        steps = form.get_by_test_id("steps-row")
        for box in steps.first.get_by_role("checkbox").all():
            box.uncheck()
        steps.first.get_by_label("page ann", exact=True).check()
        form.get_by_test_id("field-steps").click()
        expect(steps.nth(1).get_by_test_id("step-after")).to_have_value("15m")
        form.get_by_test_id("field-remind_s").fill("1h")
        form.get_by_test_id("save").click()
        expect(form.get_by_test_id("error-match")).not_to_be_empty()
        form.get_by_test_id("field-match").fill('{severity="critical"}')
        form.get_by_test_id("save").click()
        expect(form.get_by_test_id("error-steps")).to_contain_text("at least one")
        steps.nth(1).get_by_label("on call of page team").check()
        steps.nth(1).get_by_label("all of page shop").check()
        form.get_by_test_id("save").click()
        row = panel.get_by_test_id("route-row").filter(has_text="page nights")
        expect(row).to_contain_text('{severity="critical"}')
        expect(row).to_contain_text(re.compile(r"Mon.Fri 18:00.08:00 \(UTC\)"))
        told = "page ann at onceall of page shop, on call of page team after 15 min"
        expect(row.get_by_test_id("route-steps")).to_contain_text(told)
        made = next(one for one in installation.call("GET", "/v1/routes")["routes"] if one["name"] == "page nights")
        assert made["steps"] == [
            {"after_s": 0, "channels": [ann], "groups": [], "schedules": []},
            {"after_s": 900, "channels": [], "groups": [shop], "schedules": [team]},
        ]
        assert (made["remind_s"], made["group_s"], made["hours"]["days"]) == (3600, 0, [0, 1, 2, 3, 4])

        row.get_by_test_id("route-change").click()
        expect(form.get_by_test_id("field-remind_s")).to_have_value("1h")
        expect(steps).to_have_count(2)
        expect(steps.nth(1).get_by_label("all of page shop")).to_be_checked()
        steps.nth(1).get_by_test_id("steps-remove").click()
        form.get_by_test_id("field-always").select_option("yes")
        form.get_by_test_id("save").click()
        expect(row).to_contain_text("at any time")
        expect(row.get_by_test_id("route-steps").get_by_role("listitem")).to_have_text(["page ann at once"])
        row.get_by_test_id("route-remove").click()
        row.get_by_test_id("route-remove").click()
        expect(row).to_have_count(0)


def test_who_answers_alerts_takes_over_and_changes_nothing_else(installation: Installation, people: list[int]) -> None:
    plan = {"name": "page team", "rotation": people, "first": "2026-11-30"}
    installation.call("POST", "/v1/schedules", json=plan)
    email = "answers@shop.example"
    store = Store(installation.dsn, pool_size=1)
    try:
        accounts.add_user(store, accounts.ensure_account(store, "default"), email, PASSWORD, ["respond"])
    finally:
        store.close()
    with opened(installation.url) as page:
        enter(page, email)
        row = page.get_by_test_id("schedule-row").filter(has_text="page team")
        expect(row.get_by_test_id("schedule-take")).to_be_visible()
        for hidden in ("schedule-change", "schedule-remove", "route-change"):
            expect(page.get_by_test_id(hidden)).to_have_count(0)
        for hidden in ("schedule-new", "route-new"):
            expect(page.get_by_test_id(hidden)).to_be_hidden()


def test_a_group_is_made_changed_and_removed(installation: Installation, people: list[int]) -> None:
    ann, bob = people
    with opened(installation.url) as page:
        enter(page)
        panel, form = page.get_by_test_id("groups"), page.get_by_test_id("group-form")
        panel.get_by_test_id("group-new").click()
        form.get_by_test_id("field-name").fill("page shop")
        form.get_by_test_id("save").click()
        expect(form.get_by_test_id("error-channels")).to_contain_text("at least 1")
        form.get_by_label("page ann").check()
        form.get_by_test_id("save").click()
        row = panel.get_by_test_id("group-row").filter(has_text="page shop")
        expect(row).to_contain_text("page ann")
        row.get_by_test_id("group-change").click()
        form.get_by_label("page bob").check()
        form.get_by_test_id("field-name").fill("page shop team")
        form.get_by_test_id("save").click()
        expect(row).to_contain_text("page ann, page bob")
        [kept] = [one for one in installation.call("GET", "/v1/groups")["groups"] if one["name"] == "page shop team"]
        assert kept["channels"] == [ann, bob]
        row.get_by_test_id("group-remove").click()
        row.get_by_test_id("group-remove").click()
        expect(row).to_have_count(0)
