"""Endpoints that redirect: followed to the end, within the limit."""

from __future__ import annotations

import pytest

from tests.integration.probes.conftest import Run, visit
from tests.integration.probes.endpoint import Handler, answers, closed_port, routes


def to(location: str, status: str = "302 Found") -> Handler:
    return answers(status, f"Location: {location}", body=b"moved")


SITE = routes(
    one=to("/two"),
    two=to("three?x=y", "301 Moved Permanently"),
    three=answers(body=b"here at last"),
    loop=to("/loop"),
    bad=to("gopher://x/"),
    gone=to(f"http://127.0.0.1:{closed_port()}/"),
    nowhere=answers("302 Found"),
)


def test_a_chain_is_followed_and_the_last_answer_judged(run: Run) -> None:
    result = run(visit(SITE, "/one"))
    assert (result.outcome, result.status, result.bytes) == ("up", 200, 12)
    assert result.phases.ttfb is not None
    assert result.phases.ttfb <= result.total_ms


@pytest.mark.parametrize(("limit", "outcome"), [(2, "up"), (1, "down")])
def test_a_chain_may_be_as_long_as_the_limit_and_no_longer(run: Run, limit: int, outcome: str) -> None:
    result = run(visit(SITE, "/one", max_redirects=limit))
    assert result.outcome == outcome
    assert (result.error or "").startswith("too_many_redirects") is (outcome == "down")


def test_a_loop_ends_at_the_limit(run: Run) -> None:
    result = run(visit(SITE, "/loop"))
    assert (result.error or "").startswith("too_many_redirects: more than 5")


def test_without_following_the_redirect_itself_is_judged(run: Run) -> None:
    assert run(visit(SITE, "/one", max_redirects=0)).error == "status: 302"
    assert run(visit(SITE, "/one", max_redirects=0, expected_status=["3xx"])).outcome == "up"


@pytest.mark.parametrize(
    ("path", "error"), [("/bad", "bad_redirect"), ("/gone", "connect_refused"), ("/nowhere", "status: 302")]
)
def test_a_redirect_that_leads_nowhere_is_down(run: Run, path: str, error: str) -> None:
    result = run(visit(SITE, path))
    assert result.outcome == "down"
    assert (result.error or "").startswith(error)
