"""Alerts that were open when a flow began, and that its state does not know.

What a rule decided within the last moments before a crash is decided again, by the rule as it is now. If that was
changed meanwhile, an alert may be open in the tables that the flow does not raise any more, and so would never end.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

from alerting.machine import Elsewhere, SubjectState
from alerting.rules import Rule, minds_subject
from sinks.patience import persist
from vedette.clock import Clock
from vedette.events.names import hash64
from vedette.events.signals import AlertTransition, Signal
from vedette.store.alerts import open_alerts
from vedette.store.pool import Store

SURE_MS = 60_000
"""So long after the flow's beginning the log must have taken a signal, by its own clock, to be news for certain."""


class Leftovers:
    """Open alerts by account and subject, as they were before this process recorded any.

    Workers of a flow are threads; each subject is of one of them.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._sure_ms = clock.now_ms() + SURE_MS
        self._lock = threading.Lock()
        self._found: defaultdict[tuple[int, str], list[dict[str, Any]]] | None = None

    def read(self) -> None:
        """Read them, once; blocks while the store is away."""
        with self._lock:
            if self._found is None:
                found: defaultdict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
                for row in persist("open alerts", partial(open_alerts, self._store)):
                    found[row["account"], row["subject"]].append(row)
                self._found = found

    def ends(
        self, signal: Signal, logged_ms: int, rules: list[Rule], state: SubjectState, elsewhere: Elsewhere
    ) -> Iterator[AlertTransition]:
        """The ends of those of a signal's subject that its state, which has heard the signal, does not know.

        Nothing while it may still hear again what it has heard before. `rules` are those that mind the subject.
        """
        key = (signal.account, signal.subject)
        if self._found is None or key not in self._found or logged_ms < self._sure_ms:
            return
        mine = {rule.id for rule in rules}
        waiting = []
        for row in self._found.pop(key):
            rule = elsewhere(row["rule"])
            if rule is None:
                continue  # its removal has ended it
            if not minds_subject(rule.spec, row["account"], row["subject"], row["detail"]):
                yield _end(row, signal)
            elif rule.id not in mine or row["detail"].get("trend") != signal.detail.get("trend"):
                waiting.append(row)  # of another kind of signal
            elif self._is_waited_for(row, state):
                waiting.append(row)
            elif not self._is_known(row, state):
                yield _end(row, signal)
        if waiting:
            self._found[key] = waiting

    @staticmethod
    def _is_known(row: dict[str, Any], state: SubjectState) -> bool:
        known = state.rules.get(row["rule"])
        return known is not None and known.state == "firing" and known.alert == row["id"]

    @staticmethod
    def _is_waited_for(row: dict[str, Any], state: SubjectState) -> bool:
        """Whether it would begin again as the same alert: its rule waits longer now."""
        known = state.rules.get(row["rule"])
        if known is None or known.state != "pending":
            return False
        return bool(hash64("alert", row["rule"], row["subject"], known.since) == row["id"])


def _end(row: dict[str, Any], signal: Signal) -> AlertTransition:
    return AlertTransition(
        # The identity that every end of it has: whichever comes first is the one end.
        id=hash64("transition", row["id"], "resolved"),
        alert=row["id"],
        account=row["account"],
        rule=row["rule"],
        rule_name=row["rule_name"],
        subject=row["subject"],
        state="resolved",
        at=max(signal.at, row["started_ms"] + 1),
        title=row["title"],
        detail={**signal.detail, "changed": "rule"},
        severity=row["severity"],
    )
