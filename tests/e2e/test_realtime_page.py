"""The Realtime button: two hosts move second by second, the link is for members alone, and the session ends."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.browser import ADMIN, opened, sign_in
from tests.e2e.installation import PASSWORD, Installation, eventually
from vedette.store import accounts
from vedette.store.pool import Store

pytestmark = pytest.mark.e2e
OTHER = "realtime-second"
MEMBER, STRANGER = "realtime-member@example.org", "realtime-stranger@example.org"


@pytest.fixture
def second_host(installation: Installation, tmp_path: Path) -> Iterator[str]:
    """Another agent, which reports under a name of its own."""
    token = installation.call("POST", "/v1/tokens", json={"name": OTHER, "scopes": ["agent"], "subject": OTHER})[
        "token"
    ]
    env = {
        "PATH": "/usr/bin:/bin",
        "VEDETTE_URL": installation.url,
        "VEDETTE_TOKEN": token,
        "VEDETTE_SOURCE": OTHER,
        "VEDETTE_SPOOL": str(tmp_path / "spool"),
        "VEDETTE_INTERVAL_S": "1",
    }
    command = [sys.executable, "-m", "launch.main", "agent"]
    with (tmp_path / "agent.log").open("wb") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=output)
        try:
            eventually("the second host reports", lambda: OTHER in names(installation))
            yield OTHER
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
def people(installation: Installation) -> None:
    """A second member of the account, who may only read, and somebody of another account."""
    store = Store(installation.dsn, pool_size=1)
    account = installation.call("GET", "/v1/me")["account"]["id"]
    known = {user.email for user in accounts.users(store)}
    if MEMBER not in known:
        accounts.add_user(store, account, MEMBER, PASSWORD, ["read"])
        accounts.add_user(store, accounts.ensure_account(store, "strangers"), STRANGER, PASSWORD, ["admin"])
    store.close()


def names(installation: Installation) -> set[str]:
    return {row["source"] for row in installation.call("GET", "/v1/sources")["sources"]}


def hosts_of(page: Page) -> Locator:
    return page.get_by_test_id("rt-host")


def frames_of(page: Page) -> list[int]:
    return [int(host.get_attribute("data-frames") or 0) for host in hosts_of(page).all()]


def pictures_of(page: Page) -> list[bytes]:
    return [host.get_by_test_id("chart-cpu").screenshot() for host in hosts_of(page).all()]


def visitor(browser: Browser, url: str, email: str) -> tuple[BrowserContext, Page]:
    """Somebody else, in a browser of their own."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(url)
    sign_in(page, email)
    return context, page


def test_realtime_from_the_button_to_the_end(installation: Installation, second_host: str, people: None) -> None:
    first_host = socket.gethostname()  # other tests leave sources behind that nobody speaks for
    eventually("the first host reports", lambda: first_host in names(installation))
    with opened(installation.url) as page:
        sign_in(page, ADMIN)
        page.goto(f"{installation.url}/#/hosts/{second_host}")
        page.get_by_test_id("realtime").click()
        expect(page.get_by_test_id("rt-session-state")).to_have_text("Live")
        expect(page.get_by_test_id("rt-host")).to_have_count(1)
        eventually("one host moves", lambda: frames_of(page)[0] >= 2)

        page.goto(f"{installation.url}/#/realtime")
        for name in (first_host, second_host):
            page.get_by_label(name, exact=True).check()
        page.get_by_test_id("rt-start").click()
        expect(hosts_of(page)).to_have_count(2)
        eventually("both hosts move", lambda: min(frames_of(page), default=0) >= 1)
        pictures = pictures_of(page)
        before, began = frames_of(page), time.monotonic()
        page.wait_for_timeout(10_000)
        after, seconds = frames_of(page), time.monotonic() - began
        moved = [now - then for now, then in zip(after, before, strict=True)]
        # On a machine that is starved, ticks are left out; none may come twice.
        assert all(0.5 * seconds <= frames <= seconds + 2 for frames in moved), (moved, seconds)
        assert all(now != then for now, then in zip(pictures_of(page), pictures, strict=True)), "the charts move"
        expect(page.get_by_test_id("rt-state").first).to_have_text("Live")
        expect(page.get_by_test_id("rt-processes").first).to_contain_text("python")

        link, browser = page.url, page.context.browser
        assert browser is not None
        theirs, member = visitor(browser, installation.url, MEMBER)
        member.goto(link)
        expect(hosts_of(member)).to_have_count(2)
        eventually("the member sees both from the first moment on", lambda: min(frames_of(member), default=0) >= 8)
        outside, stranger = visitor(browser, installation.url, STRANGER)
        stranger.goto(link)
        expect(stranger.get_by_test_id("rt-session-state")).to_have_text("Not open to you")
        expect(stranger.get_by_test_id("empty")).to_be_visible()
        assert hosts_of(stranger).count() == 0

        page.get_by_test_id("rt-end").click()
        page.get_by_test_id("rt-end").click()
        for whose in (page, member):
            expect(whose.get_by_test_id("rt-note")).to_have_text("This session has ended: somebody ended it.")
            expect(whose.get_by_test_id("rt-session-state")).to_have_text("Ended")
        stopped = frames_of(page)
        page.wait_for_timeout(3_000)
        assert frames_of(page) == stopped
        page.get_by_test_id("rt-again").click()
        expect(page).not_to_have_url(link)
        expect(hosts_of(page)).to_have_count(2)
        eventually("it begins anew", lambda: min(frames_of(page), default=0) >= 1)
        theirs.close()
        outside.close()
