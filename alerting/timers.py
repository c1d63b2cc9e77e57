"""Timers: what is to be said of a subject that has not been heard of for a while."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass

from alerting.machine import Elsewhere, SubjectState
from alerting.rules import Rule
from alerting.titles import Titles
from vedette.events.signals import READ, Signal

SILENT_INTERVALS, SILENT_MIN_MS = 3, 10_000
"""A host is silent after three of its intervals, as everywhere."""
_SOONEST_MS, _LATEST_MS = 5_000, 300_000


@dataclass(frozen=True, slots=True)
class Standing:
    """When a source reported last (ms UTC, by its own clock), how often it does (ms; 0: it does not say), and when any
    source of the installation did. `every_ms` is how often a monitor is to be checked: it is not missing before three
    checks are."""

    seen_ms: int
    interval_ms: int
    newest_ms: int
    every_ms: int = 0


def next_ask_ms(state: SubjectState, asked_ms: int) -> int:
    """When to ask (ms UTC; 0: never): when due, and then again and again, ever more seldom, until it is of no use."""
    if not state.due_ms or not asked_ms or asked_ms < state.due_ms:
        return state.due_ms
    return asked_ms + min(max((asked_ms - state.due_ms) // 10, _SOONEST_MS), _LATEST_MS)


def words(state: SubjectState, now_ms: int, standing: Standing | None) -> Iterator[Signal]:
    """What may be said of the subject, as signals; the state knows which of it is news."""
    last = state.last
    if last is None:
        return
    about: dict[str, str | int | float | None] = {
        name: last.detail[name] for name in ("trend", "budget") if name in last.detail
    }
    word = Signal("timer", last.account, last.subject, now_ms, detail={"after": state.last_at, **about})
    if last.kind in READ and standing is not None:
        # The source's clock may be off; what it says is moved by what lay between the last signal and the log's time.
        seen_ms = standing.seen_ms + state.heard_ms - state.last_at
        if not standing.interval_ms:
            # Nobody knows when it should report. It is missing only while others are not: else it may be us.
            missing_ms = min(now_ms, standing.newest_ms) - state.heard_ms
            yield _said(word, "missing", missing_ms if missing_ms >= SILENT_INTERVALS * standing.every_ms else 0)
        elif now_ms - seen_ms > max(SILENT_MIN_MS, SILENT_INTERVALS * standing.interval_ms):
            yield _said(word, "silent", 0)
        else:
            yield _said(word, "missing", standing.seen_ms - state.last_at)
    yield word


def _said(word: Signal, state: str, value: float) -> Signal:
    return Signal(word.kind, word.account, word.subject, word.at, state, value, word.detail)


def news(
    state: SubjectState,
    now_ms: int,
    standing: Standing | None,
    rules: list[Rule],
    titles: Titles,
    elsewhere: Elsewhere,
) -> Signal | None:
    """The first word that would change anything, tried on a copy; None if nothing would."""
    before = pickle.dumps(state)
    for word in words(state, now_ms, standing):
        tried: SubjectState = pickle.loads(before)  # noqa: S301 - made a line above
        if tried.apply(word, rules, titles, elsewhere=elsewhere) or tried != state:
            return word
    return None
