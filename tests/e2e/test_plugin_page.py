"""The page of a host shows its plugins: their state, and charts in the plugin's own words."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import ADMIN, opened, sign_in
from tests.e2e.installation import Installation, eventually, free_port
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.e2e


def test_plugins_of_a_role_appear_on_the_page_of_its_hosts(installation: Installation) -> None:
    host = socket.gethostname()
    path = f"/v1/sources/{host}"
    eventually("it has checked in", lambda: installation.call("GET", path)["agent"])
    plugins = [
        {"name": "databases", "plugin": "process", "interval_s": 1, "options": {"name": "postgres"}},
        {"name": "gone", "plugin": "nginx", "options": {"url": f"http://127.0.0.1:{free_port()}/"}},
    ]
    installation.call("PUT", "/v1/roles/plugins", json={"plugins": plugins})
    installation.call("PUT", f"{path}/roles", json={"roles": ["plugins"]})

    def states() -> dict[str, str]:
        return {row["name"]: row["state"] for row in installation.call("GET", path)["agent"].get("plugins") or ()}

    try:
        expected = {"databases": "ok", "gone": "failing"}
        eventually("their states have come", lambda: states().items() >= expected.items())
        with opened(installation.url) as page:
            sign_in(page, ADMIN)
            page.goto(f"{installation.url}/#/hosts/{host}")
            good = page.locator('[data-testid="plugin-section"][data-instance="databases"]')
            expect(good.get_by_test_id("plugin-state")).to_have_text("OK")
            expect(good.get_by_role("heading", name="Process", exact=True)).to_be_visible()
            chart = good.get_by_test_id("chart-process.count")
            expect(chart).to_contain_text("Processes")
            expect(chart.locator(".legend")).to_contain_text("processes")
            bad = page.locator('[data-testid="plugin-section"][data-instance="gone"]')
            expect(bad.get_by_test_id("plugin-state")).to_have_text("failing")
            expect(bad).to_contain_text("cannot connect to 127.0.0.1")
            good.locator("summary").click()
            expect(chart).not_to_be_visible()
            page.get_by_test_id("realtime").click()
            live = page.locator('[data-testid="rt-plugin"][data-instance="databases"]')
            expect(live).to_contain_text("Process")
            shown = live.get_by_test_id("chart-process.count")
            expect(shown.locator(".legend")).to_contain_text("processes")
    finally:
        installation.call("PUT", f"{path}/roles", json={"roles": []})
        installation.call("DELETE", "/v1/roles/plugins")


def test_what_a_plugin_says_stands_on_the_first_page(installation: Installation, tmp_path: Path) -> None:
    host = socket.gethostname()
    path = f"/v1/sources/{host}"
    eventually("it has checked in", lambda: installation.call("GET", path)["agent"])
    log = tmp_path / "shop.log"
    log.write_text("begun\n")
    options = {"path": str(log), "patterns": {"panics": "PANIC"}, "alert": ["panics"]}
    plugins = [{"name": "shop", "plugin": "log_watch", "interval_s": 1, "options": options}]
    installation.call("PUT", "/v1/roles/saying", json={"plugins": plugins})
    installation.call("PUT", f"{path}/roles", json={"roles": ["saying"]})

    def watches() -> bool:
        found = installation.call("GET", path)["agent"].get("plugins") or ()
        return any(row["name"] == "shop" and row["state"] == "ok" for row in found)

    try:
        eventually("the log is watched", watches)
        with opened(installation.url) as page:
            sign_in(page, ADMIN)
            page.goto(f"{installation.url}/#/")
            with log.open("a") as file:
                file.write("PANIC: no stock\nPANIC: no carts\n")
            said = page.get_by_test_id("notice-item")
            expect(said).to_contain_text(f"{log}: 2 lines match panics", timeout=PATIENCE_S * 1000)
            expect(said).to_contain_text("PANIC: no stock")
            expect(said).to_contain_text(f"{host}/shop")
    finally:
        installation.call("PUT", f"{path}/roles", json={"roles": []})
        installation.call("DELETE", "/v1/roles/saying")
