"""Rules on the page: made with the fields of their kind, tried on the past before, changed and removed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import ADMIN, PASSWORD, opened, sign_in
from tests.e2e.installation import Installation, eventually
from vedette.store import accounts
from vedette.store.pool import Store

pytestmark = pytest.mark.e2e
QUIET = re.compile(r"It would not have fired; \d+ subjects? seen\.")
"""Other tests of the installation may have made hosts of their own."""


def reported(installation: Installation) -> bool:
    """Whether the machine's own agent has been heard of, and its rows can be asked for."""
    found = installation.call("GET", "/v1/query?series=memory.used_ratio&from=-1h")
    return bool(found["series"])


def test_a_rule_is_tried_made_changed_and_removed(installation: Installation) -> None:
    eventually("the agent's rows are there", lambda: reported(installation))
    with opened(installation.url) as page:
        sign_in(page, ADMIN)
        page.get_by_role("link", name="Alerts").first.click()
        panel = page.get_by_test_id("rules")
        expect(panel.get_by_test_id("rule-row").filter(has_text="Outage").first).to_contain_text("critical")
        panel.get_by_test_id("rule-new").click()
        form = page.get_by_test_id("rule-form")
        expect(form.get_by_test_id("field-rule-kind")).to_have_value("threshold")
        form.get_by_test_id("field-name").fill("in use")
        form.get_by_test_id("field-series").fill("memory.used_ratio")
        form.get_by_test_id("save").click()
        expect(page.get_by_test_id("form-error")).to_contain_text("above or below")
        form.get_by_test_id("field-above").fill("0.0001")
        expect(panel.get_by_test_id("rule-matches")).to_contain_text("Matches 1 series: ")
        form.get_by_test_id("field-series").fill("memory.used_ration")
        expect(panel.get_by_test_id("rule-matches")).to_have_text("Warning: matches nothing now.")
        form.get_by_test_id("field-series").fill("memory.used_ratio")
        panel.get_by_test_id("rule-try").click()
        expect(panel.get_by_test_id("rule-tried-words")).to_contain_text(
            re.compile(r"It would have fired (once|\d+ times)")
        )
        form.get_by_test_id("field-above").fill("1.5")
        panel.get_by_test_id("rule-try").click()
        expect(panel.get_by_test_id("rule-tried-words")).to_have_text(QUIET)
        form.get_by_test_id("save").click()
        row = panel.get_by_test_id("rule-row").filter(has_text="in use")
        expect(row).to_contain_text("memory.used_ratio, above 1.5")
        expect(form).to_have_count(0)

        row.get_by_test_id("rule-change").click()
        expect(form.get_by_test_id("field-rule-kind")).to_be_disabled()
        expect(form.get_by_test_id("field-above")).to_have_value("1.5")
        form.get_by_test_id("field-for_s").fill("900")
        form.get_by_test_id("save").click()
        expect(row).to_contain_text("for 15 min")
        made = [one for one in installation.call("GET", "/v1/rules")["rules"] if one["name"] == "in use"]
        assert [(one["above"], one["for_s"], one["severity"]) for one in made] == [(1.5, 900, "warning")]

        row.get_by_test_id("rule-remove").click()
        row.get_by_test_id("rule-remove").click()
        expect(row).to_have_count(0)


def test_an_expression_is_refused_with_its_place_tried_and_made(installation: Installation) -> None:
    eventually("the agent's rows are there", lambda: reported(installation))
    with opened(installation.url) as page:
        sign_in(page, ADMIN)
        page.get_by_role("link", name="Alerts").first.click()
        panel, form = page.get_by_test_id("rules"), page.get_by_test_id("rule-form")
        panel.get_by_test_id("rule-new").click()
        form.get_by_test_id("field-rule-kind").select_option("expression")
        form.get_by_test_id("field-name").fill("memory by hand")
        form.get_by_test_id("field-expression").fill("memory.used_bytes / memory.total_bytes")
        form.get_by_test_id("save").click()
        expect(form.get_by_test_id("error-expression")).to_contain_text("a comparison, as in a / b > 0.9")
        whole = "memory.used_bytes / memory.total_bytes > 0 and count(cpu.used_ratio) == 1"
        form.get_by_test_id("field-expression").fill(whole)
        panel.get_by_test_id("rule-try").click()
        expect(panel.get_by_test_id("rule-tried-words")).to_contain_text(
            re.compile(r"It would have fired (once|\d+ times)")
        )
        form.get_by_test_id("field-expression").fill("memory.used_bytes / (swap.in_bytes - swap.in_bytes) > 1")
        panel.get_by_test_id("rule-try").click()
        expect(panel.get_by_test_id("rule-tried-words")).to_contain_text("the first time because:")
        form.get_by_test_id("field-expression").fill(whole.replace("> 0", "> 1.5"))
        form.get_by_test_id("field-for_s").fill("900")
        form.get_by_test_id("save").click()
        row = panel.get_by_test_id("rule-row").filter(has_text="memory by hand")
        expect(row).to_contain_text("count(cpu.used_ratio) == 1, for 15 min")
        row.get_by_test_id("rule-remove").click()
        row.get_by_test_id("rule-remove").click()
        expect(row).to_have_count(0)


def test_who_only_looks_changes_nothing(installation: Installation) -> None:
    email = "looks@shop.example"
    store = Store(installation.dsn, pool_size=1)
    try:
        accounts.add_user(store, accounts.ensure_account(store, "default"), email, PASSWORD, ["read"])
    finally:
        store.close()
    with opened(installation.url) as page:
        sign_in(page, email)
        page.get_by_role("link", name="Alerts").first.click()
        panel = page.get_by_test_id("rules")
        expect(panel.get_by_test_id("rule-row").first).to_be_visible()
        expect(panel.get_by_test_id("rule-new")).to_be_hidden()
        expect(panel.get_by_test_id("rule-change")).to_have_count(0)
