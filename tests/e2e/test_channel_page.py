"""Channels on the page: made with what their kind needs, tested, changed, enabled again, and removed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.browser import ADMIN, opened, sign_in
from tests.e2e.installation import Installation, eventually
from tests.e2e.outside import Receiver
from vedette.store import accounts, alerts, outbox
from vedette.store.pool import Store

pytestmark = pytest.mark.e2e
KEY = "a_secret_of_the_service"


@contextmanager
def database(installation: Installation) -> Iterator[Store]:
    store = Store(installation.dsn, pool_size=1)
    try:
        yield store
    finally:
        store.close()


def test_a_channel_is_made_tested_enabled_and_removed(installation: Installation, tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    receiver.start()
    try:
        eventually("it listens", lambda: httpx.post(f"http://127.0.0.1:{receiver.port}/").status_code == 200)
        with opened(installation.url) as page:
            sign_in(page, ADMIN)
            page.get_by_role("link", name="Alerts").first.click()
            panel = page.get_by_test_id("channels")
            panel.get_by_test_id("channel-new").click()
            form = page.get_by_test_id("channel-form")
            expect(form.get_by_test_id("field-kind")).to_have_value("webhook")
            form.get_by_test_id("field-name").fill("on page")
            form.get_by_test_id("field-kind").select_option("apprise")
            secret = form.get_by_test_id("field-apprise_url")
            expect(secret).to_have_attribute("type", "password")
            expect(form.get_by_test_id("field-name")).to_have_value("on page")  # stays from kind to kind
            secret.fill(f"dbus://{KEY}")
            form.get_by_test_id("save").click()
            expect(form.get_by_test_id("error-apprise_url")).to_contain_text("a service elsewhere")
            secret.fill(f"json://127.0.0.1:{receiver.port}/{KEY}")
            form.get_by_test_id("save").click()
            row = panel.get_by_test_id("channel-row").filter(has_text="on page")
            expect(row).to_contain_text("Apprise")
            expect(row.get_by_test_id("channel-state")).to_have_text("in use")
            expect(form).to_have_count(0)

            row.get_by_test_id("channel-test").click()
            expect(row.get_by_test_id("channel-answer")).to_have_text("Delivered: taken by JSON")
            receiver.kill()
            row.get_by_test_id("channel-test").click()
            expect(row.get_by_test_id("channel-answer")).to_contain_text("Not delivered")
            assert KEY not in page.content()

            channels = installation.call("GET", "/v1/channels")["channels"]
            made = next(one["id"] for one in channels if one["name"] == "on page")
            with database(installation) as store:
                outbox.disable_channel(store, made, "410 Gone")
            page.reload()
            expect(row.get_by_test_id("channel-state")).to_have_text("disabled 410 Gone")
            row.get_by_test_id("channel-enable").click()
            expect(row.get_by_test_id("channel-state")).to_have_text("in use")
            expect(row.get_by_test_id("channel-enable")).to_have_count(0)

            panel.get_by_test_id("channel-new").click()
            form.get_by_test_id("field-name").fill("signed one")
            form.get_by_test_id("field-url").fill(f"http://127.0.0.1:{receiver.port}/hook")
            form.get_by_test_id("save").click()
            told = page.get_by_test_id("channel-secret")
            expect(told).to_contain_text("shown once")
            first = told.locator("code").inner_text()
            signed = panel.get_by_test_id("channel-row").filter(has_text="signed one")
            signed.get_by_test_id("channel-change").click()
            expect(form.get_by_test_id("field-kind")).to_be_disabled()
            expect(form.get_by_test_id("field-secret")).to_have_count(0)  # it is rotated, not written over
            form.get_by_test_id("field-url").fill(f"http://127.0.0.1:{receiver.port}/other")
            form.get_by_test_id("field-name").fill("signed two")
            form.get_by_test_id("save").click()
            signed = panel.get_by_test_id("channel-row").filter(has_text="signed two")
            expect(signed).to_have_count(1)
            expect(told).to_be_hidden()
            signed.get_by_test_id("channel-rotate").click()
            rotation = page.get_by_test_id("rotation-form")
            rotation.get_by_test_id("field-secret").fill("short")
            rotation.get_by_test_id("save").click()
            expect(rotation.get_by_test_id("error-secret")).to_contain_text("16 to 200 characters")
            rotation.get_by_test_id("field-secret").fill("")
            rotation.get_by_test_id("field-overlap_s").select_option("3600")
            rotation.get_by_test_id("save").click()
            expect(signed.get_by_test_id("channel-both")).to_contain_text("the secret before signs too")
            expect(told).to_be_visible()
            assert told.locator("code").inner_text() != first
            rows = {one["name"]: one for one in installation.call("GET", "/v1/channels")["channels"]}
            kept = rows["signed two"]
            assert kept["url"].endswith("/other")

            on_page = panel.get_by_test_id("channel-row").filter(has_text="on page")
            on_page.get_by_test_id("channel-change").click()
            expect(form.get_by_test_id("field-apprise_url")).to_have_value("")
            form.get_by_test_id("field-name").fill("on page still")
            form.get_by_test_id("save").click()
            expect(panel.get_by_test_id("channel-row").filter(has_text="on page still")).to_have_count(1)
            with database(installation) as store:
                account = accounts.ensure_account(store, "default")
                assert alerts.channel_config(store, account, made)[1]["apprise_url"].endswith(KEY)
            for name in ("on page still", "signed two"):
                one = panel.get_by_test_id("channel-row").filter(has_text=name)
                one.get_by_test_id("channel-remove").click()
                expect(one).to_have_count(1)  # asked for by a second press
                one.get_by_test_id("channel-remove").click()
                expect(one).to_have_count(0)
    finally:
        receiver.kill()
        for left in installation.call("GET", "/v1/channels")["channels"]:
            if left["name"] in {"on page", "on page still", "signed one", "signed two"}:
                installation.call("DELETE", f"/v1/channels/{left['id']}")
