"""What a sender's spool has ever held, and what of it has arrived: a real agent's and a real probe's own ledger."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from pathlib import Path

from tests.failures.site import LOCATION, SOURCE, Site
from vedette.archive.kinds import CHECKS, SAMPLES
from vedette.archive.reader import ArchiveReader
from vedette.events.checks import CheckRecord
from vedette.events.names import source_id
from vedette.events.samples import PackedSamples

_EVER = 1 << 42


def spooled(folder: Path) -> tuple[int, int]:
    """How many reports the spool has ever taken, and how many wait in it. SQLite counts the former by itself."""
    db = sqlite3.connect(f"file:{folder / 'spool.db'}?mode=ro", uri=True)
    try:
        row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'report'").fetchone()
        waiting = db.execute("SELECT count(*) FROM report").fetchone()[0]
    finally:
        db.close()
    return (row[0] if row else 0), waiting


def agent_s_reports(site: Site) -> list[PackedSamples]:
    """The agent's reports in the archive, each once."""
    reader = ArchiveReader(site.store, site.objects())
    found: dict[tuple[int, int], PackedSamples] = {}
    for batch in reader.events(SAMPLES, site.account, 0, _EVER, sources={SOURCE}):
        for _, event in batch:
            before = found.setdefault((event.epoch, event.seq), event)
            assert before == event, "two reports share an identity"
    return list(found.values())


def agent_s_rows(site: Site) -> dict[str, int]:
    """How many of the agent's reports each tier holds."""
    tiers = ("10s", "1m", "1h", "1d")
    counts = ", ".join(f"(SELECT sum(n)::int FROM rollup_{tier} WHERE source_id = %s) AS t{tier}" for tier in tiers)
    row = site.store.row(f"SELECT {counts}", *[source_id(site.account, SOURCE)] * len(tiers))
    assert row is not None
    return {tier: row[f"t{tier}"] or 0 for tier in tiers}


def probe_s_results(site: Site) -> list[CheckRecord]:
    """The probe's results in the archive, each once."""
    reader = ArchiveReader(site.store, site.objects())
    found: dict[bytes, CheckRecord] = {}
    for batch in reader.events(CHECKS, site.account, 0, _EVER):
        found |= {repr(event).encode(): event for _, event in batch if event.location == LOCATION}
    return list(found.values())


def probe_s_rows(site: Site) -> Counter[int]:
    """Rows of the probe's results by monitor."""
    rows = site.store.rows(
        "SELECT monitor_id, count(*) AS n FROM check_results WHERE location = %s GROUP BY 1", LOCATION
    )
    return Counter({row["monitor_id"]: row["n"] for row in rows})


def holes(results: list[CheckRecord], interval_ms: int) -> dict[int, int]:
    """For each monitor the slots between its first and its last that no result stands for."""
    slots: defaultdict[int, set[int]] = defaultdict(set)
    for result in results:
        slots[result.monitor].add(result.scheduled_ms)
    return {
        monitor: missing
        for monitor, found in slots.items()
        if (missing := (max(found) - min(found)) // interval_ms + 1 - len(found))
    }
