"""A browser with a page of an installation in it, as tests of the page use it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.installation import PASSWORD
from tests.patience import PATIENCE_S

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STATIC = Path(__file__).parents[2] / "ingest_api" / "static" / "index.html"
ADMIN = "admin@localhost"
expect.set_options(timeout=PATIENCE_S * 1000)


@contextmanager
def opened(url: str) -> Iterator[Page]:
    """The page at `url`; skips without Chromium or the built page, but not in CI."""
    chromium = shutil.which("chromium")
    missing = "Chromium" if chromium is None else "the built page" if not STATIC.exists() else None
    if missing is not None:
        assert not os.environ.get("CI"), f"{missing} is missing"
        pytest.skip(f"{missing} is missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE_S * 1000)
        page.goto(url)
        yield page
        browser.close()


def sign_in(page: Page, email: str = ADMIN, password: str = PASSWORD) -> None:
    """Sign in, and wait until the page is live."""
    page.get_by_test_id("login-email").fill(email)
    page.get_by_test_id("login-password").fill(password)
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("connection-state")).to_have_text("Live")
