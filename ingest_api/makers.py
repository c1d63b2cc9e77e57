"""Makers: the bodies of answers about monitors' windows, made for several monitors at once."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ingest_api.history import apdex_report, histories, tier_of
from ingest_api.subjects import Digests, Targets
from vedette.store.check_columns import CheckColumns
from vedette.store.query import Span


@dataclass(frozen=True, slots=True)
class HistoryMaker:
    """The bodies of `/history`."""

    wanted: Span
    percentiles: bool

    def __call__(self, targets: Targets, parts: list[CheckColumns], digests: Digests) -> dict[int, bytes]:
        """A body for each monitor."""
        wanted = self.wanted
        columns = CheckColumns.joined(parts, tier_of(wanted.step_ms))
        head = {
            "from": wanted.from_ms,
            "to": wanted.to_ms,
            "step_s": wanted.step_ms // 1000,
            "timestamps": msgspec.Raw(msgspec.json.encode(wanted.timestamps())),
        }
        return {
            each: msgspec.json.encode({"monitor": each, **head, **found})
            for each, found in histories(columns, digests, wanted, targets, percentiles=self.percentiles)
        }


@dataclass(frozen=True, slots=True)
class ApdexMaker:
    """The bodies of `/apdex`."""

    from_ms: int
    to_ms: int

    def __call__(self, targets: Targets, parts: list[CheckColumns], digests: Digests) -> dict[int, bytes]:
        """A body for each monitor."""
        head = {"from": self.from_ms, "to": self.to_ms}
        of_each = [part.by_monitor() for part in parts]
        found = {}
        for each, target_ms in targets.items():
            mine = [windows[each] for windows in of_each if each in windows]
            report = apdex_report(mine, digests.get(each, []), target_ms)
            found[each] = msgspec.json.encode({"monitor": each, **head, **report})
        return found
