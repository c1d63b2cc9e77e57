"""A model from its registration to an alert and its page: a quiet feature stays quiet, a shifted one is seen."""

from __future__ import annotations

import random
import time

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import ADMIN, opened, sign_in
from tests.e2e.installation import Installation, eventually

pytestmark = pytest.mark.e2e
MINUTE = 60_000


def test_a_shift_becomes_an_alert_and_stands_on_the_page(installation: Installation) -> None:
    chance = random.Random(5)

    def ages(many: int, shift: float = 0.0) -> list[float]:
        return [chance.gauss(40 + shift, 9) for _ in range(many)]

    settings = {"name": "churn", "window_s": 60, "task": "classification", "segment_by": "plan", "charts": ["limits"]}
    settings["multivariate_s"] = 60
    model = installation.call("POST", "/v1/models", json=settings)["id"]
    rule = installation.call("POST", "/v1/rules", json={"name": "Drift at once", "kind": "drift", "model": model})["id"]
    time.sleep(2)  # a rule applies within a second, and what is sent here is judged in less
    try:
        columns = {"age": ages(4000), "plan": ["a", "b"] * 2000}
        installation.call("POST", f"/v1/models/{model}/references", json={"columns": columns})
        # Rules hear of what happened since they were made: the window that shows the shift ends after now.
        begin = int(time.time() * 1000) // MINUTE * MINUTE
        for minute, shift in ((-2, 0.0), (-1, 0.0), (0, 15.0)):
            report = {
                "model": "churn",
                "epoch": "e2e",
                "seq": minute + 2,
                "ts": [begin + minute * MINUTE] * 1000,
                "columns": {"age": ages(1000, shift), "plan": ["a", "b"] * 500},
                "predictions": [0.9] * 1000,
            }
            taken = installation.call("POST", "/v1/features", json=report)
            assert (taken["rows"], taken["columns"], taken["refused"]) == (1000, 3, {})

        costs = [{"name": "cost", "value": cost, "ts": begin} for cost in (2, 4)]
        costs.append({"name": "cost", "value": 9, "ts": begin + 2 * MINUTE})  # and the window before is over
        taken = installation.call(
            "POST", f"/v1/models/{model}/metrics", json={"epoch": "e", "seq": 1, "metrics": costs}
        )
        assert (taken["values"], taken["refused"]) == (3, [])

        def raised() -> set[str]:
            windows = installation.call("GET", f"/v1/models/{model}/drift")["now"]
            return {row["feature"] for row in windows if row["raised"]}

        later = {"model": "churn", "epoch": "e2e", "seq": 9, "ts": [begin + 2 * MINUTE], "columns": {"age": [40]}}
        installation.call("POST", "/v1/features", json=later)
        eventually("the shift is seen", lambda: raised() == {"age"})
        eventually(
            "quality is estimated",
            lambda: installation.call("GET", f"/v1/models/{model}/quality")["windows"],
        )
        eventually(
            "the metric is counted",
            lambda: [one["mean"] for one in installation.call("GET", f"/v1/models/{model}/metrics")["windows"]] == [3],
        )
        eventually(
            "an alert fires",
            lambda: [
                alert["title"]
                for alert in installation.call("GET", "/v1/alerts?state=firing")["alerts"]
                if alert["subject"] == f"model:{model}/age" and alert["title"].startswith("age of churn has drifted")
            ],
        )
        eventually(
            "an alert about all columns fires",
            lambda: [
                alert["title"]
                for alert in installation.call("GET", "/v1/alerts?state=firing")["alerts"]
                if alert["subject"] == f"model:{model}/" and alert["title"].startswith("all columns together of churn")
            ],
        )
        with opened(installation.url) as page:
            sign_in(page, ADMIN)
            page.get_by_role("link", name="Models").click()
            page.get_by_test_id("model-row").get_by_role("link", name="churn").click()
            rows = page.get_by_test_id("drift-row")
            expect(rows).to_have_count(2)
            expect(rows.first).to_contain_text("age")
            rows.first.locator("button.cell-drift").first.click()
            panel = page.get_by_test_id("drift-window")
            expect(panel).to_contain_text("Distribution (PSI)")
            expect(panel).to_contain_text("1000 rows, 4000 in the reference")
            expect(panel.get_by_test_id("quantiles").locator("tbody tr")).to_contain_text("Window")
            expect(panel.get_by_test_id("distribution").locator("tbody tr").first).to_contain_text("∞ …")
            expect(page.get_by_test_id("control-said")).to_contain_text("Out of control now: beyond a limit.")
            expect(page.get_by_test_id("chart-control")).to_contain_text("Limits from")
            expect(page.get_by_test_id("chart-metric")).to_contain_text("Mean3")
            wholes = page.get_by_test_id("multivariate-row")
            expect(wholes).to_have_count(3)
            expect(wholes.first).to_contain_text("Drift")
            expect(page.get_by_test_id("chart-multivariate")).to_be_visible()
            segments = page.get_by_test_id("segment-row")
            expect(segments).to_have_count(2)
            expect(segments.first).to_contain_text("age")
            page.get_by_role("button", name="b", exact=True).click()
            expect(rows).to_have_count(1)
            expect(page.get_by_role("button", name="b", exact=True)).to_have_attribute("aria-pressed", "true")
            rows.first.locator("button.cell-drift").first.click()
            expect(panel).to_contain_text("500 rows, 2000 in the reference")
            expect(panel.get_by_test_id("distribution")).to_be_visible()
            page.get_by_role("button", name="All rows").click()
            expect(rows).to_have_count(2)
            expect(page.get_by_test_id("quality-said")).to_have_text("No outcomes yet.")
            expect(page.get_by_test_id("chart-quality")).to_contain_text("Estimated0.9")
            page.get_by_test_id("choice-recall").click()
            expect(page.get_by_test_id("choice-recall")).to_have_attribute("aria-pressed", "true")
            older = {"age": ages(4000, 15.0), "plan": ["a", "b"] * 2000, "colour": ["red", "blue"] * 2000}
            installation.call("POST", f"/v1/models/{model}/references", json={"columns": older})
            page.reload()
            expect(page.get_by_test_id("reference-row")).to_have_count(2)
            page.get_by_test_id("references-compare").click()
            expect(page.get_by_test_id("compared-row")).to_contain_text(["age"])
            expect(page.get_by_test_id("compared-row")).to_contain_text(["Differs"])
            expect(page.get_by_test_id("references-compared")).to_contain_text("Only in the second: colour.")
    finally:
        installation.call("DELETE", f"/v1/rules/{rule}")
        installation.call("DELETE", f"/v1/models/{model}")
