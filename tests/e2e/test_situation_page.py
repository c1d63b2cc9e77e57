"""A situation in a real browser: two alerts of a host, the release before them, and the post-mortem to download."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import ADMIN, opened, sign_in
from tests.e2e.installation import Installation, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_two_alerts_of_a_host_are_one_situation(installation: Installation) -> None:
    rules = [
        installation.call("POST", "/v1/rules", json={"name": name, "kind": "threshold", "series": series, "above": 100})
        for name, series in (("Kiln too hot", "kiln.heat"), ("Kiln too full", "kiln.load"))
    ]
    marker = installation.call("POST", "/v1/markers", json={"name": "kiln <b>2.0</b>"})

    def firing() -> list[str]:
        now = int(time.time() * 1000)
        values = {"kiln.heat": 200.0, "kiln.load": 300.0}
        body = {"source": "kiln-1", "epoch": 1, "seq": now, "ts": now, "values": values}
        installation.call("POST", "/v1/ingest/samples", json=body)
        found = installation.call("GET", "/v1/alerts?state=firing")["alerts"]
        return [one["id"] for one in found if one["subject"].startswith("series:kiln-1/")]

    try:
        eventually("both fire", lambda: len(firing()) == 2)
        with opened(installation.url) as page:
            sign_in(page, ADMIN)
            page.get_by_role("link", name="Alerts").first.click()
            page.get_by_test_id("alert-row").filter(has_text="kiln.load").get_by_role("link").click()
            page.get_by_test_id("alert-situation").click()
            alerts = page.get_by_test_id("situation-alert")
            expect(alerts).to_have_count(2)
            expect(alerts.last).to_contain_text("the same host kiln-1")
            expect(page.get_by_test_id("situation-state")).to_have_text("2 firing")
            release = page.get_by_test_id("situation-change").filter(has_text="Release").filter(has_text="kiln")
            expect(release).to_contain_text("kiln <b>2.0</b>")
            expect(page.get_by_test_id("situation-timeline")).to_contain_text("kiln.heat")
            with page.expect_download() as downloading:
                page.get_by_test_id("situation-post-mortem").click()
            draft = Path(downloading.value.path()).read_text(encoding="utf-8")
            assert draft.startswith("# Post-mortem: ")
            assert "kiln \\<b\\>2.0\\</b\\>" in draft
            page.get_by_test_id("situation-acknowledge").click()
            expect(page.get_by_test_id("situation-step").filter(has_text="Taken up")).to_have_count(2)
            expect(page.get_by_test_id("situation-acknowledge")).to_be_hidden()
            for alert in firing():
                installation.call("POST", f"/v1/alerts/{alert}/resolve", json={"text": "cooled"})
            expect(page.get_by_test_id("situation-state")).to_have_text("over")
            expect(page.get_by_test_id("situation-step").filter(has_text="cooled")).to_have_count(2)
            page.get_by_role("link", name="Situations").first.click()
            row = page.get_by_test_id("situation-row").filter(has_text="kiln")
            expect(row).to_contain_text("over")
            page.get_by_test_id("situations-open").click()
            expect(row).to_have_count(0)
            page.goto(f"{installation.url}/#/situations/1")
            expect(page.get_by_text("There is no such situation")).to_be_visible()
            expect(page).to_have_title(re.compile("Situation"))
    finally:
        installation.call("DELETE", f"/v1/markers/{marker['id']}")
        for rule in rules:
            installation.call("DELETE", f"/v1/rules/{rule['id']}")
