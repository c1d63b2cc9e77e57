"""The page in a real browser: it moves, by what this host and real endpoints report."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import opened, sign_in
from tests.e2e.installation import Installation, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture(scope="module")
def page(installation: Installation) -> Iterator[Page]:
    with opened(installation.url) as found:
        yield found


def this_host(page: Page) -> Locator:
    return page.locator(f'[data-testid=host-card][data-source="{socket.gethostname()}"]')


def test_a_wrong_password_is_refused(page: Page) -> None:
    page.get_by_test_id("login-email").fill("admin@localhost")
    page.get_by_test_id("login-password").fill("not the password")
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("login-error")).to_be_visible()


def test_the_overview_moves_live(page: Page, tmp_path: Path) -> None:
    sign_in(page)
    expect(page.get_by_test_id("endpoint-row").nth(1)).to_be_visible()
    expect(page.get_by_test_id("endpoint-state").first).to_have_text("Up")
    cpu = this_host(page).get_by_test_id("host-cpu")
    expect(cpu).to_contain_text("%")
    # Any of the three: a busy machine may well stay at 100 % of its CPU.
    shown = [this_host(page).get_by_test_id(f"host-{what}") for what in ("cpu", "memory", "network")]
    before = [figure.inner_text() for figure in shown]
    eventually("the host's figures move", lambda: [figure.inner_text() for figure in shown] != before)
    picture = Path(os.environ.get("VEDETTE_SCREENSHOT", tmp_path / "overview.png"))
    page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000


def test_the_host_page_draws_its_charts(page: Page) -> None:
    this_host(page).get_by_role("link").first.click()
    page.get_by_test_id("range-1h").click()
    expect(page.get_by_test_id("chart-cpu").locator("canvas")).to_be_visible()
    expect(page.get_by_test_id("top-commands")).to_contain_text("python")


def test_the_endpoint_page_shows_its_history(page: Page, installation: Installation) -> None:
    monitor = installation.call("GET", "/v1/monitors")["monitors"][0]["id"]
    page.goto(f"{installation.url}/#/endpoints/{monitor}")
    expect(page.get_by_test_id("endpoint-uptime")).to_contain_text("%")
    expect(page.get_by_test_id("check-table").locator("tbody tr").first).to_be_visible()
    expect(page.get_by_test_id("phase-ttfb").locator("td").first).to_contain_text("ms")


def test_signing_out_ends_the_session(page: Page) -> None:
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("login-email")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("login-email")).to_be_visible()
