"""Policies out of stored definitions, and the endpoints' logic over snapshots of a time without outages."""

from __future__ import annotations

import pickle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dataflows import policies
from dataflows.endpoints import EndpointLogic, Results, not_ahead
from dataflows.policies import UNKNOWN, PolicyBook, policy_of, sound_parents
from vedette.clock import FakeClock
from vedette.errors import StoreUnavailable
from vedette.events.checks import CheckRecord, Outcome
from vedette.monitors import MonitorSpec
from vedette.store.checks import CheckWindow
from vedette.windows.endpoint import EndpointShard
from vedette.windows.outage_state import Standing
from vedette.windows.votes import Policy

T0 = 1_700_000_000_000


def test_a_definition_gives_its_policy_and_an_older_one_that_of_the_defaults() -> None:
    spec = MonitorSpec(
        name="shop",
        url="https://shop.example",
        interval_s=30,
        timeout_s=5,
        locations=["a", "b", "c"],
        quorum=3,
        confirm_locations=["b"],
        recheck=False,
        recover_after=2,
        parent=9,
    )
    places = frozenset("abc")
    assert policy_of(spec.config()) == Policy(30_000, 5_000, places, 3, frozenset("b"), False, 2, 9)
    assert policy_of(MonitorSpec(name="shop", url="https://shop.example").config()) == UNKNOWN
    assert policy_of({"interval_s": 60, "timeout_s": 10.0, "locations": []}) == UNKNOWN


def test_parents_count_within_an_account_and_not_in_a_circle() -> None:
    given = {1: (7, None), 2: (7, 1), 3: (7, 2), 4: (8, 1), 5: (7, 99), 6: (7, 8), 8: (7, 6), 9: (7, 6), 10: (7, 10)}
    assert sound_parents(given) == {2: 1, 3: 2, 9: 6}


@given(st.dictionaries(st.integers(1, 8), st.tuples(st.integers(1, 2), st.none() | st.integers(1, 9)), max_size=8))
def test_whatever_parents_are_given_every_chain_ends(given: dict[int, tuple[int, int | None]]) -> None:
    parents = sound_parents(given)
    for child in parents:
        at, steps = child, 0
        while at in parents:
            at, steps = parents[at], steps + 1
            assert steps <= len(given)


def row(monitor: int, *, paused: bool = False, changed_ms: int = 0, **config: Any) -> dict[str, Any]:
    return {"id": monitor, "account_id": 7, "config": config, "paused": paused, "changed_ms": changed_ms}


class Tables:
    """What the book asks the store for, and whether it answers."""

    def __init__(self, monkeypatch: Any, rows: list[dict[str, Any]]) -> None:
        self.rows, self.version, self.away, self.read, self.looked = rows, 1, False, 0, 0
        self.alive: dict[int, frozenset[str]] = {}
        monkeypatch.setattr(policies, "monitors_version", self._version)
        monkeypatch.setattr(policies, "windows_version", lambda store: ())
        monkeypatch.setattr(policies, "all_windows", lambda store: [])
        monkeypatch.setattr(policies, "monitor_policies", self._rows)
        monkeypatch.setattr(policies, "monitor_exists", self._exists)
        monkeypatch.setattr(policies, "trouble_now", lambda store, monitors: dict.fromkeys(monitors, "down"))
        monkeypatch.setattr(policies, "live_locations", lambda store: self.alive)

    def _version(self, store: object) -> object:
        if self.away:
            raise StoreUnavailable("away")
        return self.version

    def _exists(self, store: object, monitor: int) -> bool:
        self.looked += 1
        self._version(store)
        return any(row["id"] == monitor for row in self.rows)

    def _rows(self, store: object) -> list[dict[str, Any]]:
        self.read += 1
        return self.rows


def test_the_book_reads_again_only_what_has_changed_and_keeps_it_while_the_store_is_away(monkeypatch: Any) -> None:
    tables, clock = Tables(monkeypatch, [row(1, quorum=5)]), FakeClock()
    book = PolicyBook(None, clock)  # type: ignore[arg-type]
    for _ in range(5):
        book.refresh()
        clock.advance(2)
    assert (book.policy(1).quorum, book.policy(2), tables.read) == (5, UNKNOWN, 1)
    tables.rows, tables.version, tables.away = [row(1, quorum=6)], 2, True
    clock.advance(2)
    book.refresh()
    assert book.policy(1).quorum == 5
    tables.away = False
    clock.advance(2)
    book.refresh()
    assert book.policy(1).quorum == 6


def test_what_is_not_there_though_newer_ones_are_was_removed_and_what_is_newer_still_was_made_just_now(
    monkeypatch: Any,
) -> None:
    tables, clock = Tables(monkeypatch, [row(1), row(2), row(5)]), FakeClock()
    book = PolicyBook(None, clock)  # type: ignore[arg-type]
    book.refresh()
    assert [book.removed(monitor) for monitor in (1, 3, 5, 6)] == [False, True, False, False]
    before = book.generation
    tables.rows, tables.version = [row(1, paused=True, changed_ms=9)], 2
    clock.advance(2)
    book.refresh()
    assert (book.removed(5), book.removed(6), book.generation) == (True, False, before + 1)
    assert (book.policy(1).paused, book.policy(1).changed_ms) == (True, 9)


def test_monitors_that_come_after_newer_ones_are_not_taken_for_removed(monkeypatch: Any) -> None:
    tables, clock = Tables(monkeypatch, [row(1), row(9)]), FakeClock()
    book = PolicyBook(None, clock)  # type: ignore[arg-type]
    book.refresh()
    assert [book.removed(4), book.removed(4)] == [True, True]
    assert tables.looked == 1
    tables.rows, tables.version = [row(1), row(5, quorum=3), row(9)], 2  # a long import is there now
    assert not book.removed(5)
    assert book.policy(5).quorum == 3
    tables.away = True
    assert not book.removed(6)  # who knows
    tables.away = False
    assert book.removed(6)


def test_of_parents_the_own_word_counts_for_a_while_and_then_the_store_s(monkeypatch: Any) -> None:
    tables, clock = Tables(monkeypatch, [row(1), row(2, parent=1)]), FakeClock()
    tables.alive = {7: frozenset("ab")}
    book = PolicyBook(None, clock)  # type: ignore[arg-type]
    book.refresh()
    assert book.standing(1) == Standing("down")
    book.note(1, Standing("up", 5))
    book.note(2, Standing("down", 5))  # nobody depends on it
    assert (book.standing(1), book.standing(2)) == (Standing("up", 5), None)
    clock.advance(11)
    assert book.standing(1) == Standing("down")
    assert [book.may_ask(1, at) for at in (1000, 1500, 3000, 3001)] == [True, False, True, False]
    assert (book.alive(7), book.alive(8)) == (frozenset("ab"), frozenset())


def no_hours(_: object) -> list[CheckWindow]:
    return []


def no_rules(account: int, monitor: int, location: str) -> tuple[str, ...]:
    return ()


def _logic(snapshot: bytes) -> EndpointLogic:
    return EndpointLogic(PolicyBook(None, FakeClock()), FakeClock(), 1, no_hours, no_rules, snapshot)  # type: ignore[arg-type]


def test_a_pause_and_a_removal_are_acted_upon_when_the_log_has_been_read_to_its_end(monkeypatch: Any) -> None:
    tables, clock = Tables(monkeypatch, [row(1), row(2), row(3)]), FakeClock()
    logic = EndpointLogic(PolicyBook(None, clock), clock, 2, no_hours, no_rules, None)  # type: ignore[arg-type]
    failing = [(T0, CheckRecord(monitor, "a", T0, T0, "down", account=7)) for monitor in (1, 2)]
    logic.on_batch([Results(failing)])
    tables.rows, tables.version = [row(1, paused=True, changed_ms=T0 + 500), row(3)], 2
    clock.advance(2)
    (none, _) = logic.on_batch([Results([], 0, T0 + 1000)])
    assert list(none) == []  # the other partition may hold more
    before = logic.snapshot()
    (written,), _ = logic.on_batch([Results([], 1, T0 + 1000)])
    assert [(signal.subject, signal.state) for signal in written.signals] == [
        ("monitor:1@a", "paused"),
        ("monitor:1", "paused"),
    ]
    assert [(state.monitor, state.state, state.at_ms) for state in written.batch.outages] == [(1, "paused", T0 + 500)]
    assert [incident.ended_ms for incident in written.batch.incidents] == [T0 + 500]
    windows, outages, budgets, _readings = pickle.loads(logic.snapshot())
    assert logic.snapshot() != before
    assert {place[0] for place in windows.places} == set(outages.monitors) == set(budgets.monitors) == {1}
    late = CheckRecord(2, "a", T0 + 1000, T0 + 1000, "down", account=7)
    (nothing, _) = logic.on_batch([Results([(T0 + 1000, late)])])
    assert list(nothing) == []
    windows, *_ = pickle.loads(logic.snapshot())
    assert {place[0] for place in windows.places} == {1}


def test_a_snapshot_of_a_time_without_outages_is_gone_on_with(monkeypatch: Any) -> None:
    Tables(monkeypatch, [])
    old = EndpointShard()
    old.fold(CheckRecord(1, "a", T0, T0, "up", account=7))
    logic = _logic(pickle.dumps(old))
    first = CheckRecord(1, "a", T0 + 1000, T0 + 1000, "down", account=7)
    (written,), _ = logic.on_batch([Results([(T0 + 1000, first)])])
    assert [(signal.subject, signal.state) for signal in written.signals] == [
        ("monitor:1@a", "up"),
        ("monitor:1@a", "down"),
        ("monitor:1", "partial"),
    ]
    again = _logic(logic.snapshot())
    second = CheckRecord(1, "a", T0 + 2000, T0 + 2000, "down", account=7)
    (written,), _ = again.on_batch([Results([(T0 + 2000, second)])])
    assert [signal.state for signal in written.signals] == ["down", "down"]
    assert [row.state for row in written.batch.incidents] == ["down"]


def test_what_fails_where_nobody_looks_any_more_is_over_after_ten_minutes_and_fails_again_if_somebody_does(
    monkeypatch: Any,
) -> None:
    Tables(monkeypatch, [row(1)])
    logic = EndpointLogic(PolicyBook(None, FakeClock()), FakeClock(), 1, no_hours, no_rules, None)  # type: ignore[arg-type]

    def said(minute: int, place: str, outcome: Outcome) -> list[tuple[str, str]]:
        at = T0 + minute * 60_000
        (written,), _ = logic.on_batch([Results([(at, CheckRecord(1, place, at, at, outcome, account=7))])])
        return [(signal.subject, signal.state) for signal in written.signals if signal.kind == "endpoint"]

    assert said(0, "gone", "down") == [("monitor:1@gone", "down")]
    assert said(0, "here", "up") == [("monitor:1@here", "up")]
    assert [said(minute, "here", "up") for minute in range(1, 11)] == [[]] * 10
    assert said(11, "here", "up") == [("monitor:1@gone", "unknown")]
    assert said(12, "here", "up") == []
    assert said(13, "gone", "down") == [("monitor:1@gone", "down")]


def test_a_probe_whose_clock_is_ahead_does_not_make_the_votes_of_others_old() -> None:
    ahead = CheckRecord(1, "c", T0 + 240_000, T0 + 240_000, "up", total_ms=50.0, account=7)
    assert not_ahead(ahead, T0 + 100).started_ms == T0 + 50
    behind = CheckRecord(1, "a", T0 - 9_000, T0 - 9_000, "up", total_ms=50.0, account=7)
    assert not_ahead(behind, T0) is behind


def test_parents_in_a_long_chain_are_sound_and_those_in_a_circle_are_not() -> None:
    chain = {child: (1, child + 1) for child in range(1, 20_000)}
    given: dict[int, tuple[int, int | None]] = {**chain, 20_000: (1, None)}
    assert len(sound_parents(given)) == 19_999
    given[20_000] = (1, 19_998)
    assert len(sound_parents(given)) == 19_997
