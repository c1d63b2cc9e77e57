"""Endpoints in a real browser: made by a form, seen going down, kept quiet in maintenance, marked with a release."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import opened, sign_in
from tests.e2e.installation import PASSWORD, Installation, eventually
from tests.e2e.outside import Target
from vedette.store import accounts
from vedette.store.pool import Store

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
"""A busy machine takes its time to check, to fold and to show."""
MARK = """canvas => {
  const wanted = getComputedStyle(document.documentElement).getPropertyValue('--c2').trim();
  const [r, g, b] = [1, 3, 5].map(at => parseInt(wanted.slice(at, at + 2), 16));
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) found += 1;
  return found;
}"""
"""How many pixels of a chart have the colour of release lines."""


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    found = Target()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(scope="module")
def page(installation: Installation) -> Iterator[Page]:
    with opened(installation.url) as found:
        sign_in(found)
        yield found


@pytest.fixture
def reader(installation: Installation) -> str:
    """The address of somebody who may look, but not change."""
    email = "reader@localhost"
    store = Store(installation.dsn, pool_size=1)
    try:
        accounts.add_user(store, accounts.ensure_account(store, "default"), email, PASSWORD, ["read"])
    finally:
        store.close()
    return email


def open_endpoint(page: Page, installation: Installation, name: str) -> str:
    """Show the endpoint of that name; its number."""
    rows = installation.call("GET", "/v1/monitors")["monitors"]
    identity = next(str(row["id"]) for row in rows if row["name"] == name)
    page.goto(f"{installation.url}/#/endpoints/{identity}")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return identity


def test_a_refusal_stands_at_the_field_that_it_is_about(page: Page, installation: Installation) -> None:
    page.get_by_test_id("new-endpoint").click()
    page.get_by_test_id("field-name").fill("Zoo")
    page.get_by_test_id("field-url").fill("ftp://zoo.example")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("error-url")).to_contain_text("http://")
    expect(page.get_by_test_id("error-name")).to_be_empty()
    expect(page.get_by_test_id("field-url")).to_be_focused()
    assert "Zoo" not in {row["name"] for row in installation.call("GET", "/v1/monitors")["monitors"]}


def test_a_rule_over_two_fields_is_shown_too(page: Page, target: Target) -> None:
    page.get_by_test_id("field-url").fill(target.url)
    expect(page.get_by_test_id("error-url")).to_be_empty()
    page.get_by_test_id("field-timeout_s").fill("1")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("error-timeout_s")).to_contain_text("four times apdex_t_ms")


def test_an_endpoint_is_made_by_its_form(page: Page) -> None:
    page.get_by_test_id("field-timeout_s").fill("3")
    page.get_by_test_id("field-interval_s").fill("1")
    page.get_by_test_id("save").click()
    expect(page.get_by_role("heading", name="Zoo")).to_be_visible()
    expect(page.get_by_test_id("endpoint-state")).to_have_text("Up")
    expect(page.get_by_test_id("endpoint-score")).to_have_text(re.compile(r"^1\.00\*? \[0\.5\]$"))
    expect(page.get_by_test_id("uptime-row")).to_contain_text("100 %")
    expect(page.get_by_test_id("open-incident")).to_be_hidden()


def test_an_outage_shows_with_its_votes_and_its_timeline(page: Page, target: Target) -> None:
    target.status = 503
    expect(page.get_by_test_id("endpoint-state")).to_have_text("Down")
    expect(page.get_by_test_id("tally")).to_contain_text("1 of 1 location fails")
    page.get_by_test_id("open-incident").get_by_role("link").click()
    expect(page.get_by_test_id("incident-state")).to_have_text("Down")
    expect(page.get_by_test_id("incident-votes")).to_contain_text("1 of 1 fail")
    expect(page.get_by_test_id("vote").first).to_contain_text("503")
    steps = page.get_by_test_id("timeline-step")
    expect(steps.first).to_contain_text("First failure")
    expect(page.get_by_test_id("incident-timeline")).to_contain_text("Confirmed")
    expect(page.get_by_test_id("incident-evidence")).to_contain_text("503")
    expect(page.get_by_test_id("open-incidents")).to_be_visible()


def test_its_end_shows_by_itself_and_in_the_list(page: Page, target: Target, installation: Installation) -> None:
    target.status = 200
    expect(page.get_by_test_id("incident-state")).to_have_text("Was down")
    page.goto(f"{installation.url}/#/incidents?state=ended")
    row = page.get_by_test_id("incident-row").filter(has_text="Zoo").first
    expect(row).to_contain_text("503")
    page.get_by_test_id("incidents-open").click()
    expect(page.get_by_test_id("incident-row").filter(has_text="Zoo")).to_have_count(0)


def test_the_last_failure_shows_what_was_seen(page: Page, installation: Installation) -> None:
    open_endpoint(page, installation, "Zoo")
    page.get_by_test_id("failure").first.locator("summary").click()
    expect(page.get_by_test_id("failure").first.get_by_test_id("evidence")).to_contain_text("503")


def test_a_release_is_drawn_as_a_line_and_compared(page: Page, installation: Installation) -> None:
    open_endpoint(page, installation, "Zoo")
    canvas = page.get_by_test_id("chart-response").locator("canvas")
    expect(canvas).to_be_visible()
    assert canvas.evaluate(MARK) == 0
    page.get_by_test_id("marker-name").fill("zoo 4.2.0")
    page.get_by_test_id("add-marker").click()
    expect(page.get_by_test_id("release")).to_contain_text("zoo 4.2.0")
    eventually("the line is drawn", lambda: canvas.evaluate(MARK) > 20)
    page.get_by_test_id("strip-marker").click()
    expect(page.get_by_test_id("comparison")).to_contain_text("Before and after zoo 4.2.0")
    expect(page.get_by_test_id("release")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("compared-before")).to_contain_text("[0.5]")
    expect(page.get_by_test_id("trend")).to_contain_text("Learning")


def test_how_many_false_alarms_are_allowed_is_said_and_set(page: Page, installation: Installation) -> None:
    open_endpoint(page, installation, "Zoo")
    allowed = page.get_by_test_id("trend-allowed")
    expect(allowed).to_contain_text("0.2 a day")
    page.get_by_test_id("trend-budget").click()
    field = page.get_by_test_id("field-trend_false_alarms_per_day")
    expect(field).to_have_value("0.2")
    field.fill("0")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("error-trend_false_alarms_per_day")).to_contain_text("0.01")
    field.fill("0.5")
    page.get_by_test_id("save").click()
    expect(allowed).to_contain_text("0.5 a day")
    assert installation.call("GET", "/v1/account/settings")["trend_false_alarms_per_day"] == 0.5


def test_maintenance_is_planned_marked_and_removed(page: Page, installation: Installation) -> None:
    page.get_by_role("link", name="Maintenance").click()
    page.get_by_test_id("new-maintenance").click()
    page.get_by_test_id("kind-weekly").click()
    page.get_by_test_id("field-name").fill("Feeding time")
    page.get_by_test_id("field-minutes").fill("0")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("error-minutes")).to_contain_text("1")
    page.get_by_role("checkbox", name="Sat").check()
    page.get_by_role("checkbox", name="Sun").check()
    page.get_by_test_id("field-start").fill("00:00")
    page.get_by_test_id("field-minutes").fill("1440")
    expect(page.get_by_test_id("maintenance-preview")).to_contain_text("Holds now")
    page.get_by_role("checkbox", name="Zoo").check()
    page.get_by_test_id("save").click()
    row = page.get_by_test_id("maintenance-row")
    expect(row).to_contain_text("In maintenance")
    expect(row).to_contain_text("every day at 00:00")
    open_endpoint(page, installation, "Zoo")
    expect(page.get_by_test_id("maintenance-mark")).to_contain_text("Feeding time")
    page.get_by_role("link", name="Maintenance").first.click()
    remove = row.get_by_test_id("remove-maintenance")
    remove.click()
    remove.click()
    expect(row).to_have_count(0)


def choose(page: Page, choice: str) -> None:
    """Press a choice until it is pressed: of a page that has just come, parts may move under the pointer."""
    button = page.get_by_test_id(choice)

    def pressed() -> bool:
        button.click()
        return button.get_attribute("aria-pressed") == "true"

    eventually(f"{choice} is pressed", pressed)


def test_the_list_is_narrowed_by_state(page: Page, installation: Installation) -> None:
    # Other tests of this installation may have left paused endpoints: only Zoo's row is looked at.
    zoo = page.get_by_test_id("endpoint-row").filter(has_text="Zoo")
    page.goto(f"{installation.url}/#/")
    expect(zoo).to_be_visible()
    choose(page, "state-paused")
    expect(zoo).to_have_count(0)
    open_endpoint(page, installation, "Zoo")
    page.get_by_test_id("pause-endpoint").click()
    expect(page.get_by_test_id("endpoint-state")).to_have_text("Paused")
    page.get_by_role("link", name="Overview").first.click()
    # What was chosen is still chosen after a look at another page.
    expect(page.get_by_test_id("state-paused")).to_have_attribute("aria-pressed", "true")
    expect(zoo).to_have_count(1)
    choose(page, "state-up")
    expect(zoo).to_have_count(0)
    choose(page, "state-all")
    expect(zoo).to_be_visible()


def test_a_reader_is_offered_nothing_to_change(page: Page, installation: Installation, reader: str) -> None:
    browser = page.context.browser
    assert browser is not None
    other = browser.new_page()
    other.goto(installation.url)
    sign_in(other, reader)
    expect(other.get_by_test_id("endpoint-row").first).to_be_visible()
    expect(other.get_by_test_id("account-email")).to_have_text(reader)
    expect(other.get_by_test_id("new-endpoint")).to_be_hidden()
    open_endpoint(other, installation, "Zoo")
    expect(other.get_by_test_id("check-table")).to_be_visible()
    expect(other.get_by_test_id("edit-endpoint")).to_be_hidden()
    expect(other.get_by_test_id("add-marker")).to_be_hidden()
    other.goto(f"{installation.url}/#/endpoints/new")
    expect(other.get_by_test_id("empty")).to_contain_text("Only administrators")
    other.close()


def test_an_endpoint_is_removed_after_a_second_press(page: Page, installation: Installation) -> None:
    open_endpoint(page, installation, "Zoo")
    remove = page.get_by_test_id("remove-endpoint")
    remove.click()
    expect(remove).to_have_text("Remove it and its history?")
    remove.click()
    expect(page.get_by_test_id("endpoint-row").first).to_be_visible()
    assert "Zoo" not in {row["name"] for row in installation.call("GET", "/v1/monitors")["monitors"]}
