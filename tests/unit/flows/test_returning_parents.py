"""Children of a monitor that comes back, by the book of the flow, which remembers parents for some seconds only."""

from __future__ import annotations

from typing import cast

import pytest

from dataflows import policies
from dataflows.policies import PolicyBook
from tests.unit.flows.test_policies import Tables, row
from tests.unit.windows.watching import T0, Watched, check, down, everywhere
from vedette.clock import FakeClock
from vedette.events.checks import CheckRecord
from vedette.store.pool import Store


@pytest.mark.parametrize("gap", [1, 30])
def test_a_child_that_comes_back_after_its_parent_calls_nobody_whatever_is_remembered_of_the_parent(
    monkeypatch: pytest.MonkeyPatch, gap: int
) -> None:
    places = {"interval_s": 60, "timeout_s": 10, "locations": ["a", "b", "c"]}
    trouble: dict[int, str] = {}
    Tables(monkeypatch, [row(1, **places), row(2, **places, parent=1)])
    monkeypatch.setattr(policies, "trouble_now", lambda store, monitors: dict(trouble))
    clock = FakeClock()
    book = PolicyBook(cast(Store, object()), clock)
    watched = Watched(book)  # type: ignore[arg-type]
    now = 0.0

    def fold(*results: CheckRecord) -> None:
        nonlocal now
        for result in results:
            second = (result.started_ms - T0) / 1000
            clock.advance(max(0.0, second - now))
            now = max(now, second)
            book.refresh()
            watched.fold(result)
            watched.tick(second)

    fold(*everywhere(0), *(check(5 + n, place, monitor=2) for n, place in enumerate("abc")))
    fold(down(60, "a"), down(60.5, "b", attempt=2))
    trouble[1] = "down"
    fold(*(down(61 + n / 2, place, monitor=2, attempt=1 + bool(n)) for n, place in enumerate("abc")))
    assert ("down", 1) in [(s.state, s.detail.get("suppressed_by")) for s in watched.signals]
    fold(check(120, "a"), check(120.5, "b", attempt=2), check(120.7, "c"))
    trouble.clear()
    fold(check(120.7 + gap, "a", monitor=2))
    for second in range(1, 8):
        clock.advance(1)
        now += 1
        book.refresh()
        watched.tick(120.7 + gap + second)
    fold(check(128.7 + gap, "b", monitor=2), check(136.7 + gap, "c", monitor=2))
    said = [(s.state, s.detail.get("suppressed_by")) for s in watched.signals if s.subject == "monitor:2"]
    assert ("down", None) not in said
    assert said[-1] == ("up", None)
