"""Archived events: each acknowledged report and result in the archive, once for each time that it can be in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from launch.loadgen import checks, samples
from launch.loadgen.finding import Finding
from launch.loadgen.ledger import Ledger
from launch.loadgen.plan import CHECKS_LANE
from launch.loadgen.tiers import known_sources
from vedette.archive.kinds import CHECKS, SAMPLES, Kind
from vedette.archive.objects import Objects
from vedette.archive.reader import ArchiveReader
from vedette.events.checks import CheckRecord
from vedette.events.samples import PackedSamples
from vedette.store.pool import Store

E = TypeVar("E")
_AT_ONCE = 200
_DAY_MS = 86_400_000
Seen = dict[tuple[Any, ...], int]


def compare_archive(store: Store, objects: Objects, ledger: Ledger) -> list[Finding]:
    """A finding for each kind of event.

    An event that was sent once must be there once. One whose request had to be repeated may be in the log, and so in
    the archive, as often as it was sent: its readers drop it by its identity.
    """
    reader = ArchiveReader(store, objects)
    findings = [_compare_samples(reader, store, ledger)]
    if ledger.plan.monitors:
        findings.append(_compare_checks(reader, store, ledger))
    return findings


def _compare_samples(reader: ArchiveReader, store: Store, ledger: Ledger) -> Finding:
    plan, finding = ledger.plan, Finding("archive samples", "events")
    known = known_sources(store, plan)
    layout = samples.layout(plan)
    for start in range(0, plan.sources, _AT_ONCE):
        chosen = {plan.source(number): number for number in range(start, min(plan.sources, start + _AT_ONCE))}
        sent = {
            name: samples.values(plan, number, range(ledger.steps(plan.lane_of(number))))
            for name, number in chosen.items()
        }

        def right(event: PackedSamples, sent: dict[str, samples.Floats] = sent) -> bool:
            step = event.seq - 1
            same = (event.epoch, event.ts, event.interval_ms) == (plan.start_ms, plan.time(step), plan.interval_ms)
            return same and event.layout == layout and event.values == sent[event.source][step].tobytes()

        allowed = {
            (name, step + 1): ledger.attempts(plan.lane_of(number), step)
            for name, number in chosen.items()
            for step in range(len(sent[name]))
        }
        seen: Seen = {}
        accounts = {account for name, (_, account) in known.items() if name in chosen}
        for event in _events(reader, SAMPLES, accounts, ledger, set(chosen)):
            _note(finding, seen, allowed, (event.source, event.seq), event, right)
        _settle(finding, seen, allowed)
    return finding


def _compare_checks(reader: ArchiveReader, store: Store, ledger: Ledger) -> Finding:
    plan, finding = ledger.plan, Finding("archive checks", "events")
    sent = {_slot(result): result for result in checks.results(plan, range(ledger.steps(CHECKS_LANE)))}
    allowed = {
        slot: ledger.attempts(CHECKS_LANE, (result.scheduled_ms - plan.start_ms) // plan.interval_ms)
        for slot, result in sent.items()
    }
    locations = {plan.location(number) for number in range(plan.locations)}

    def right(event: CheckRecord) -> bool:
        wanted = sent[_slot(event)]
        return all(
            getattr(event, name) == getattr(wanted, name) for name in wanted.__struct_fields__ if name != "account"
        )

    rows = store.rows("SELECT DISTINCT account_id FROM monitors WHERE id = ANY(%s)", list(plan.monitors))
    seen: Seen = {}
    for event in _events(reader, CHECKS, {row["account_id"] for row in rows}, ledger, set(plan.monitors)):
        if event.location in locations:
            _note(finding, seen, allowed, _slot(event), event, right)
    _settle(finding, seen, allowed)
    return finding


def _slot(result: CheckRecord) -> tuple[Any, ...]:
    return result.monitor, result.location, result.scheduled_ms


def _events(reader: ArchiveReader, kind: Kind[E], accounts: set[int], ledger: Ledger, of: set[Any]) -> Iterator[E]:
    # All of the load's own time, and a day beside it: what is there by mistake is found too.
    begin, end = ledger.plan.start_ms - _DAY_MS, ledger.plan.end_ms + _DAY_MS
    for account in sorted(accounts):
        for batch in reader.events(kind, account, begin, end, sources=of):
            for _, event in batch:
                yield event


def _note(
    finding: Finding, seen: Seen, allowed: Seen, identity: tuple[Any, ...], event: E, right: Callable[[E], bool]
) -> None:
    if identity not in allowed:
        finding.note("extra", f"{identity}")
        return
    seen[identity] = seen.get(identity, 0) + 1
    if not right(event):
        finding.note("different", f"{identity}", event)


def _settle(finding: Finding, seen: Seen, allowed: Seen) -> None:
    for identity, most in allowed.items():
        times = seen.get(identity, 0)
        if times == 0:
            finding.note("missing", f"{identity}")
        elif times > most:
            finding.note("doubled", f"{identity}", f"{times} times", f"at most {most}")
        else:
            finding.right += 1
