"""The rule book: all rules as a flow sees them, read again when they have changed."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alerting.learned import Memory
from alerting.rules import Anomaly, Expressed, OfSeries, Rule, minds, rule_adapter
from alerting.timers import Standing
from alerting.titles import Titles
from alerting.wanted_checks import WantedChecks
from vedette.clock import Clock
from vedette.errors import Unavailable
from vedette.events.check_series import check_series_of
from vedette.events.samples import layout_series
from vedette.events.signals import READ, Signal, SignalKind, source_of
from vedette.expressions.grouping import Question
from vedette.store.alerts import monitor_intervals, monitor_tags, read_rules
from vedette.store.checks import newest_check
from vedette.store.policies import monitors_version
from vedette.store.pool import Store
from vedette.store.roles import of_everybody
from vedette.store.series import heard_sources
from vedette.telemetry import get_logger

FRESH_S = 1.0
STANDING_S = 5.0
"""What is known of hosts is read so often at most, and only while somebody asks."""
_MOST_WATCHED = 100_000
_OF_HOSTS: frozenset[SignalKind] = READ | {"host", "clone", "clock", "notice"}


@dataclass(slots=True)
class _Found:
    """Rules by account, and what was found out about them: which mind a subject, which columns a source's layout has
    for them."""

    rules: dict[int, list[Rule]]
    by_id: dict[int, Rule]
    minding: dict[tuple[int, str, str], list[Rule]] = field(default_factory=dict)
    watched: dict[tuple[int, str, bytes], tuple[tuple[int, str], ...]] = field(default_factory=dict)
    asked: dict[int, tuple[Question, ...]] = field(default_factory=dict)
    of_checks: dict[tuple[int, int, str], tuple[str, ...]] = field(default_factory=dict)
    asked_of_checks: dict[int, WantedChecks] = field(default_factory=dict)


class RuleBook:
    """Rules by account, at most `FRESH_S` old; while the store is away, the last ones that were read.

    Before the first reading there are none to fall back on: then methods raise `Unavailable`, for a flow that took
    this for an account without rules would forget which alerts are open.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = -FRESH_S
        self._raw: object = None
        self._found = _Found({}, {})
        self._standings: dict[tuple[int, str], Standing] = {}
        self._standings_at = self._checked_at = -STANDING_S
        self._checked: Standing | None = None
        self._every_ms: dict[int, int] = {}
        self._roles: dict[tuple[int, str], tuple[str, ...]] = {}
        self._tags: dict[int, tuple[str, str]] = {}
        self._tags_version: object = None
        self._untagged: set[int] = set()
        self._of_monitors = False
        self._memory = Memory(store)
        self.titles = Titles()
        self._log = get_logger("rules")

    def _refresh(self) -> _Found:
        """Rules, and what was found out about just these rules.

        The workers of a flow are threads. One that came while another reads for the first time must wait: it would
        take the account for one without rules.
        """
        with self._lock:
            self._read_if_old()
            return self._found

    def _read_if_old(self) -> None:
        now = self._clock.monotonic()
        if now - self._read_at < FRESH_S:
            return
        self._read_at = now
        try:
            raw = read_rules(self._store)
            version = monitors_version(self._store)
            tags = monitor_tags(self._store) if version != self._tags_version else None
            roles = of_everybody(self._store) if _name_roles(raw) else {}
            is_new = any(row["kind"] == "anomaly" for row in raw) and self._memory.read()
        except Unavailable as error:
            if self._raw is None:
                self._read_at = now - FRESH_S
                raise
            self._log.warning("rules_not_read", error=str(error))
            return
        self._roles = roles
        if tags is not None:  # thousands of monitors with labels take a good part of a second
            self._tags, self._tags_version = tags, version
            self.titles = Titles({monitor: name for monitor, (name, _) in tags.items()})
        self._of_monitors = any(row["config"].get("monitors") for row in raw)
        if raw == self._raw:
            if is_new:
                known = self._found
                self._found = _Found(known.rules, known.by_id, {}, known.watched, known.asked, known.of_checks,
                                     known.asked_of_checks)  # fmt: skip
            return
        rules: defaultdict[int, list[Rule]] = defaultdict(list)
        for row in raw:
            try:
                spec = rule_adapter.validate_python({**row["config"], "name": row["name"], "kind": row["kind"]})
            except ValueError as error:
                # One rule of a newer version must not stop the others.
                self._log.error("rule_not_understood", rule=row["id"], error=str(error))
                continue
            rules[row["account_id"]].append(Rule(row["id"], row["account_id"], spec, row["created_ms"]))
        by_id = {rule.id: rule for some in rules.values() for rule in some}
        self._raw, self._found = raw, _Found(dict(rules), by_id)

    def rules_for(self, signal: Signal) -> list[Rule]:
        """The rules of the signal's account that mind its subject: found once, for most signals come again."""
        known, key = self._refresh(), (signal.account, signal.kind, signal.subject)
        found = known.minding.get(key)
        if found is None:
            found = [rule for rule in known.rules.get(signal.account, ()) if minds(rule.spec, signal)]
            found = [self._knowing(rule, signal.subject) if isinstance(rule.spec, Anomaly) else rule for rule in found]
            if len(known.minding) >= _MOST_WATCHED:
                known.minding.clear()
            known.minding[key] = found
        return found

    def _knowing(self, rule: Rule, subject: str) -> Rule:
        return replace(rule, learned=self._memory.of(rule.id, subject))

    def rule(self, number: int) -> Rule | None:
        """The rule of that number; None if there is none, or none that is understood."""
        return self._refresh().by_id.get(number)

    def standing(self, account: int, source: str) -> Standing | None:
        """When a host, and any, was heard of last, at most `STANDING_S` old; None if that is not known now."""
        with self._lock:
            now = self._clock.monotonic()
            if now - self._standings_at >= STANDING_S:
                self._standings_at, self._standings = now, {}
                try:
                    self._standings = standings(heard_sources(self._store))
                except Unavailable as error:
                    self._log.warning("sources_not_read", error=str(error))
            return self._standings.get((account, source))

    def standing_of(self, account: int, subject: str) -> Standing | None:
        """The same of what a series is read from. Checks are missing while others come, and three of them should
        have."""
        series = check_series_of(subject)
        if series is None:
            return self.standing(account, source_of(subject))
        with self._lock:
            now = self._clock.monotonic()
            if now - self._checked_at >= STANDING_S:
                self._checked_at, self._checked = now, None
                try:
                    newest = newest_check(self._store)
                    self._checked = None if newest is None else Standing(0, 0, newest)
                    self._every_ms = monitor_intervals(self._store)
                except Unavailable as error:
                    self._log.warning("checks_not_read", error=str(error))
            known = self._checked
            return known and replace(known, every_ms=self._every_ms.get(series.monitor, 0))

    def describe(self, signal: Signal) -> None:
        """Note in the signal's detail what rules may choose by: `roles` of its host, `labels` and `name` of its
        monitor. Raises `Unavailable` if a monitor is not known yet, and the store is away."""
        monitor = signal.detail.get("monitor")
        if isinstance(monitor, int):
            name, labels = self._tags_of(monitor)
            if labels:
                signal.detail["labels"] = labels
            if signal.kind == "series" or self._of_monitors:
                signal.detail["name"] = name
        elif signal.kind in _OF_HOSTS and (roles := self.roles_of(signal)):
            signal.detail["roles"] = roles

    def _tags_of(self, monitor: int) -> tuple[str, str]:
        """Of one that was made since the last reading, they are read at once: it may be down from its first check on,
        and say so only once."""
        found = self._tags.get(monitor)
        if found is None and monitor not in self._untagged:
            with self._lock:
                self._tags = monitor_tags(self._store)
            self.titles = Titles({number: name for number, (name, _) in self._tags.items()})
            found = self._tags.get(monitor)
            if found is None:
                self._untagged.add(monitor)  # removed, for ever: identities are not used again
        return found or ("", "")

    def roles_of(self, signal: Signal) -> str:
        """The roles of the host that the signal's readings are of, separated by blanks, if any rule asks for roles."""
        return " ".join(self._roles.get((signal.account, source_of(signal.subject)), ()))

    def watch(self, account: int, source: str, layout: bytes) -> Sequence[tuple[int, str]]:
        """Columns and names of the layout's series that rules look at, for one source."""
        known = self._refresh()
        watched = known.watched
        selectors = [rule.spec.selector() for rule in known.rules.get(account, ()) if isinstance(rule.spec, OfSeries)]
        if not selectors:
            return ()
        key = (account, source, layout)
        found = watched.get(key)
        if found is None:
            if len(watched) >= _MOST_WATCHED:
                watched.clear()
            chosen = [selector for selector in selectors if selector.matches_source(source)]
            found = watched[key] = tuple(
                (column, name)
                for column, name in enumerate(layout_series(layout)[0])
                # Whatever roles it has: who loses a role must be heard of, for an alert may be open.
                if any(selector.matches_series(name, None) for selector in chosen)
            )
        return found

    def checks(self, account: int, monitor: int, location: str) -> tuple[str, ...]:
        """Names of the series of checks that rules look at, of a monitor and its location."""
        known, key = self._refresh(), (account, monitor, location)
        found = known.of_checks.get(key)
        if found is None:
            asked = known.asked_of_checks.get(account)
            if asked is None:
                specs = [rule.spec for rule in known.rules.get(account, ()) if isinstance(rule.spec, OfSeries)]
                asked = known.asked_of_checks[account] = WantedChecks(spec.selector() for spec in specs)
            found = asked.names(monitor, location)
            if len(known.of_checks) >= _MOST_WATCHED:
                known.of_checks.clear()
            known.of_checks[key] = found
        return found

    def ask(self, account: int) -> Sequence[Question]:
        """What rules ask of several series of each source of the account, each question once."""
        known = self._refresh()
        found = known.asked.get(account)
        if found is None:
            specs = [rule.spec for rule in known.rules.get(account, ()) if isinstance(rule.spec, Expressed)]
            found = known.asked[account] = tuple({(one := spec.question()).mark: one for spec in specs}.values())
        return found


def standings(rows: list[dict[str, Any]]) -> dict[tuple[int, str], Standing]:
    """Hosts by account and name, out of their rows; any host of any account shows that reports come in at all."""
    newest = max((row["last_seen_ms"] for row in rows), default=0)
    return {
        (row["account_id"], row["source"]): Standing(row["last_seen_ms"], row["interval_ms"], newest) for row in rows
    }


def _name_roles(raw: list[dict[str, Any]]) -> bool:
    """Whether any rule may ask for roles: reading them costs, so it is done only then."""
    return any("role" in f"{row['config'].get('series', '')}{row['config'].get('hosts', '')}" for row in raw)
