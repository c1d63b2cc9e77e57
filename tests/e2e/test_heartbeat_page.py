"""A job that reports itself, in a real browser: made by a form, pinged at the URL that the page tells, changed."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import opened, sign_in
from tests.e2e.installation import Installation

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture(scope="module")
def page(installation: Installation) -> Iterator[Page]:
    with opened(installation.url) as found:
        sign_in(found)
        yield found


def test_a_heartbeat_is_made_by_its_form(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/#/endpoints/new")
    page.get_by_test_id("field-kind").select_option("heartbeat")
    expect(page.get_by_test_id("field-url")).to_have_count(0)
    page.get_by_test_id("field-name").fill("Zoo backup")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("error-every_s")).to_contain_text("cron")
    page.get_by_test_id("field-every_s").fill("3600")
    page.get_by_test_id("save").click()
    expect(page.get_by_role("heading", name="Zoo backup")).to_be_visible()
    expect(page.get_by_test_id("last-ping")).to_have_text("never")
    expect(page.get_by_test_id("location-table")).to_have_count(0)


def test_a_ping_at_the_url_that_is_told_is_shown(page: Page) -> None:
    address = page.get_by_test_id("ping-address").inner_text()
    assert httpx.post(address, content="fed 12 lions", timeout=30).status_code == 200
    expect(page.get_by_test_id("last-ping")).not_to_have_text("never")
    expect(page.get_by_test_id("next-ping")).to_contain_text("in ")
    expect(page.get_by_test_id("endpoint-state")).to_have_text("Up")
    page.reload()
    expect(page.get_by_test_id("heartbeat")).to_contain_text("fed 12 lions")


def test_it_can_be_changed_and_keeps_what_was_not(page: Page, installation: Installation) -> None:
    page.get_by_test_id("edit-endpoint").click()
    page.get_by_test_id("field-grace_s").fill("900")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("last-ping")).to_be_visible()
    rows = installation.call("GET", "/v1/monitors")["monitors"]
    backup = next(row for row in rows if row["name"] == "Zoo backup")
    assert (backup["every_s"], backup["grace_s"]) == (3600, 900)
    installation.call("DELETE", f"/v1/monitors/{backup['id']}")
