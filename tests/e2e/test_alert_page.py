"""An alert on its page: taken up, talked about, silenced, and resolved by hand."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import ADMIN, opened, sign_in
from tests.e2e.installation import Installation, eventually

pytestmark = pytest.mark.e2e


def test_an_alert_is_taken_up_and_its_likes_are_silenced(installation: Installation) -> None:
    rule = {"name": "Too warm", "kind": "threshold", "series": "oven.warm", "above": 100}
    made = installation.call("POST", "/v1/rules", json=rule)["id"]

    def report(source: str, value: float) -> None:
        now = int(time.time() * 1000)
        body = {"source": source, "epoch": 1, "seq": now, "ts": now, "values": {"oven.warm": value}}
        installation.call("POST", "/v1/ingest/samples", json=body)

    def alert(source: str) -> str | None:
        report(source, 200.0)
        found = installation.call("GET", "/v1/alerts?state=firing")["alerts"]
        return next((one["id"] for one in found if one["subject"] == f"series:{source}/oven.warm"), None)

    try:
        eventually("an alert fires", lambda: alert("oven-1"))
        with opened(installation.url) as page:
            sign_in(page, ADMIN)
            page.get_by_test_id("alert-item").get_by_role("link", name="oven.warm of oven-1").click()
            deeds = page.get_by_test_id("alert-deeds")
            expect(page.get_by_test_id("alert-facts")).to_contain_text("Too warm")
            page.get_by_test_id("alert-remark").fill("I look at it")
            deeds.get_by_test_id("alert-acknowledge").click()
            steps = page.get_by_test_id("alert-step")
            expect(steps).to_have_count(2)
            expect(steps.last).to_contain_text(f"Taken up by {ADMIN}")
            expect(steps.last).to_contain_text("I look at it")
            expect(deeds.get_by_test_id("alert-unacknowledge")).to_be_visible()
            page.get_by_test_id("alert-whose").fill("ann@shop.example")
            deeds.get_by_test_id("alert-give").click()
            expect(steps).to_have_count(3)
            expect(steps.last).to_contain_text("Assigned to ann@shop.example")
            page.get_by_role("link", name="Alerts").first.click()
            row = page.get_by_test_id("alert-row").filter(has_text="oven-1")
            expect(row).to_contain_text(f"taken up by {ADMIN}")
            page.get_by_test_id("silence-selector").fill('{source=~"oven-.*"')
            page.get_by_test_id("silence-add").click()
            expect(page.get_by_test_id("silences")).to_contain_text("selector")  # says what is wrong with it
            page.get_by_test_id("silence-selector").fill('{source=~"oven-.*"}')
            page.get_by_test_id("silence-reason").fill("being repaired")
            page.get_by_test_id("silence-add").click()
            expect(page.get_by_test_id("silence-row")).to_contain_text("being repaired")
            eventually("another fires", lambda: alert("oven-2"))
            second = alert("oven-2")
            told = installation.call("GET", f"/v1/alerts/{second}")["notifications"]
            assert {note["state"] for note in told} <= {"withheld"}
            row.get_by_role("link").click()
            page.get_by_test_id("alert-resolve").click()
            expect(page.get_by_test_id("alert-state")).to_have_text("over")
            page.get_by_role("link", name="Alerts").first.click()
            page.get_by_test_id("silence-end").click()
            expect(page.get_by_test_id("silence-row")).to_have_count(0)
    finally:
        installation.call("DELETE", f"/v1/rules/{made}")
