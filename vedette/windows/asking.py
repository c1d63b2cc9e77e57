"""What expressions ask of a shard's sources: rows of changed windows in, signals out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from vedette.events.signals import Signal
from vedette.expressions.grouping import Question, is_asked_of
from vedette.windows.joining import Joined
from vedette.windows.layout import LayoutState
from vedette.windows.output import RowBlock
from vedette.windows.sources import SourceState
from vedette.windows.tiers import MINUTE, TIERS, entry_tier

Ask = Callable[[int], Sequence[Question]]
"""The questions of an account."""


class Asking:
    """The questions' state for each source of a shard, by the shard's number of the source and the question's mark."""

    def __init__(self) -> None:
        self._joined: dict[int, dict[str, Joined]] = {}
        self._waiting: set[int] = set()
        """Sources with windows that were not looked at."""
        self._asked: dict[int, tuple[Question, ...]] = {}

    def __getstate__(self) -> dict[str, object]:
        """What is asked is not kept: rules are read again."""
        return {**self.__dict__, "_asked": {}}

    def begin(self, accounts: set[int], states: Sequence[SourceState], ask: Ask) -> None:
        """Ask what is asked now; what is asked no more is forgotten."""
        marks = dict[int, set[str]]()
        for account in accounts:
            now = tuple(ask(account))
            if now == self._asked.get(account):
                continue
            self._asked[account] = now
            marks[account] = {question.mark for question in now}
        if not marks:
            return
        for number, joined in list(self._joined.items()):
            account = states[number].account
            if account in marks:
                for gone in joined.keys() - marks[account]:
                    del joined[gone]
            if not joined:
                del self._joined[number]

    def forget(self, number: int) -> None:
        """What was read of a source: its clock was set back."""
        self._joined.pop(number, None)
        self._waiting.discard(number)

    def take(self, layout: LayoutState, blocks: Sequence[RowBlock], states: Sequence[SourceState]) -> None:
        """The last value of each series in rows of the tier that its reports enter; of counters the highest rate."""
        if not any(self._asked.values()):
            return
        for block in blocks:
            if block.tier > MINUTE:
                continue
            counters, cells = set(block.counters.tolist()), block.cells
            for row, number in enumerate(cells.sources.tolist()):
                state = states[number]
                if block.tier != entry_tier(state.interval_ms) or int(cells.last_ts[row]) > state.watermark:
                    continue  # minutes that are made of finer windows; read before its clock was set back
                for question in self._asked.get(state.account, ()):
                    chosen = layout.asked(question) if is_asked_of(question, state.name) else ()
                    if not chosen:
                        continue
                    at, highest, last = int(cells.last_ts[row]), cells.maxs[row], cells.lasts[row]
                    values = {
                        name: (at, float(highest[column] if column in counters else last[column]))
                        for column, name in chosen
                    }
                    joined = self._joined.setdefault(number, {}).setdefault(question.mark, Joined())
                    joined.take(int(block.buckets[row]), values)
                    self._waiting.add(number)

    def look(self, states: Sequence[SourceState], lateness_ms: int) -> Iterator[Signal]:
        """What the expressions say of the windows that are whole or closed."""
        for number in sorted(self._waiting):
            state, mine = states[number], self._joined.get(number, {})
            ends = state.watermark - lateness_ms - TIERS[entry_tier(state.interval_ms)].width_ms
            for question in self._asked.get(state.account, ()):
                joined = mine.get(question.mark)
                if joined is None:
                    continue
                for finding in joined.look(question, ends.__ge__):
                    if joined.is_news(finding):
                        signal = finding.signal(state.account, state.name, question)
                        if state.turned_ms:
                            signal.detail["turned_ms"] = state.turned_ms
                        yield signal
            if not any(joined.open for joined in mine.values()):
                self._waiting.discard(number)
