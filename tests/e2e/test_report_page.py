"""Scheduled reports on the page: made with what they need, looked at, sent at once, and removed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import ADMIN, opened, sign_in
from tests.e2e.installation import Installation

pytestmark = pytest.mark.e2e


def test_a_report_is_made_looked_at_sent_and_removed(installation: Installation) -> None:
    body = {"name": "for reports", "kind": "console", "config": {}}
    channel = installation.call("POST", "/v1/channels", json=body)["id"]
    try:
        with opened(installation.url) as page:
            sign_in(page, ADMIN)
            page.get_by_role("link", name="Alerts").first.click()
            panel = page.get_by_test_id("reports")
            panel.get_by_test_id("report-new").click()
            form = page.get_by_test_id("report-form")
            form.get_by_test_id("field-name").fill("the week")
            form.get_by_test_id("field-when").fill("* * * * *")
            form.get_by_test_id("save").click()
            expect(form.get_by_test_id("error-channels")).not_to_be_empty()
            expect(form.get_by_test_id("error-when")).to_contain_text("one minute of the hour")
            form.get_by_label("for reports").check()
            form.get_by_test_id("field-when").fill("")
            form.get_by_test_id("save").click()
            row = panel.get_by_test_id("report-row").filter(has_text="the week")
            expect(row).to_contain_text("0 8 * * mon")
            expect(row.get_by_test_id("report-last")).to_have_text("Not sent yet")
            expect(form).to_have_count(0)

            row.get_by_test_id("report-show").click()
            expect(panel.get_by_test_id("report-preview")).to_contain_text("Alert load")
            row.get_by_test_id("report-send").click()
            expect(row.get_by_test_id("report-last")).to_contain_text("for reports")
            for _ in range(2):  # asked for by a second press
                row.get_by_test_id("report-remove").click()
            expect(row).to_have_count(0)
    finally:
        for left in installation.call("GET", "/v1/reports")["reports"]:
            installation.call("DELETE", f"/v1/reports/{left['id']}")
        installation.call("DELETE", f"/v1/channels/{channel}")
