"""Some thirty faults, each on a subject of its own, of an otherwise quiet fleet: which rule finds it, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks import quiet_endpoints, quiet_hosts, quiet_models
from benchmarks.quiet_hosts import CPU, INODES, MEMORY, ROOT, VAR, WAITS_DISK, WAITS_MEMORY, Forced
from vedette.events.signals import Signal

MINUTE_MS = 60_000


@dataclass(frozen=True)
class Scripted:
    """What happens, which rule finds it about which subject (its beginning), and how long it may take (ms)."""

    what: str
    rule: str
    subject: str
    begin_ms: int
    until_ms: int
    within_ms: int
    cause: object


def of_hosts(begin_ms: int) -> list[Scripted]:
    """On a host each, all from `begin_ms`."""
    hour = 60 * MINUTE_MS
    table: list[tuple[str, str, int | None, float, int, int]] = [
        ("a disk is full", "Disk full", ROOT, 0.99, 60, 5),
        ("a log fills a disk", "Disk nearly full", VAR, 0.93, 60, 20),
        ("a million small files", "Inodes run out", INODES, 0.97, 60, 20),
        ("a program leaks memory", "Memory nearly full", MEMORY, 0.97, 60, 15),
        ("a host swaps itself to death", "Work waits for memory", WAITS_MEMORY, 0.6, 60, 10),
        ("a disk answers slowly", "Work waits for disks", WAITS_DISK, 0.8, 60, 20),
        ("a program runs wild", "Processors busy", CPU, 1.0, 120, 65),
        ("a host loses its power", "Host silent", None, 0, 240, 2),
        ("a host is cut off for five minutes", "Host silent", None, 0, 5, 2),
        ("an agent is killed", "Host silent", None, 0, 60, 2),
    ]
    found = []
    for host, (what, rule, column, value, lasts, within) in enumerate(table):
        until_ms = begin_ms + lasts * MINUTE_MS
        subject = f"source:host-{host}" if column is None else f"series:host-{host}/{quiet_hosts.COLUMNS[column]}"
        cause = Forced(host, begin_ms, until_ms, column, value)
        found.append(Scripted(what, rule, subject, begin_ms, until_ms, within * MINUTE_MS, cause))
    for kind, rule, state in (("clone", "Host reports twice", "clone"), ("clock", "Clock is off", "off")):
        host = len(found)
        # Which reports mean that is found by the gateway, and tested there: here its word is the cause.
        word = Signal(kind, 1, f"{kind}:host-{host}", begin_ms, state, 300_000.0)  # type: ignore[arg-type]
        what = {"clone": "an image is started twice", "clock": "a clock is five minutes off"}[kind]
        found.append(Scripted(what, rule, word.subject, begin_ms, begin_ms + hour, MINUTE_MS, word))
    return found


def of_endpoints(begin_ms: int) -> list[Scripted]:
    """On a monitor each, all from `begin_ms`."""
    make = quiet_endpoints.Fault
    hour, day = begin_ms + 60 * MINUTE_MS, begin_ms + 1440 * MINUTE_MS
    table: list[tuple[str, str, int, quiet_endpoints.Fault]] = [
        ("a port is closed", "Outage", 2, make(1, begin_ms, hour)),
        ("a server does not answer", "Outage", 3, make(2, begin_ms, hour, error="timeout_ttfb: no end after 10 s")),
        ("a server answers 500", "Outage", 2, make(3, begin_ms, hour, error="status: 500, expected below 400")),
        ("the page lacks its text", "Outage", 2, make(4, begin_ms, hour, error="body: lacks 'Welcome'")),
        ("a certificate has ended", "Outage", 2, make(5, begin_ms, hour, error="tls: certificate has expired")),
        ("a name does not resolve", "Outage", 2, make(6, begin_ms, hour, error="dns: NXDOMAIN")),
        ("two of three locations cannot reach it", "Outage", 2, make(7, begin_ms, hour, locations=("fra", "nyc"))),
        ("an outage of two minutes", "Outage", 2, make(8, begin_ms, begin_ms + 2 * MINUTE_MS)),
        ("it is up and down for an hour", "Outage", 5, make(9, begin_ms, hour, flaps_ms=3 * MINUTE_MS)),
        ("a server that others need is down", "Outage", 3, make(10, begin_ms, hour)),
        ("a site is slow, but answers", "Degraded", 13, make(12, begin_ms, hour, "degraded", "time: 4.1 s, limit 3 s")),
        (
            "a certificate ends in a week", "Degraded", 13,
            make(13, begin_ms, hour, "degraded", "certificate_days: 7.0 days left, fewer than 14", ("fra",)),
        ),
        ("the Apdex falls by .1", "Apdex has fallen", 240, make(15, begin_ms, day, slower=0.1)),
        ("the Apdex falls by .05", "Apdex has fallen", 600, make(16, begin_ms, day, slower=0.05)),
    ]  # fmt: skip
    return [
        Scripted(what, rule, f"monitor:{fault.monitor}", begin_ms, fault.until_ms, within * MINUTE_MS, fault)
        for what, rule, within, fault in table
    ]


def of_models(begin_ms: int) -> list[Scripted]:
    """On a model each, all from `begin_ms`, the beginning of an hour."""
    make = quiet_models.Fault
    day = begin_ms + 1440 * MINUTE_MS
    random = np.random.default_rng(99)
    table = [
        ("the mean of an input moves by half a deviation", "number_4", lambda v: v + 1.0, 1),
        ("a category that nobody knows", "plan_1", lambda v: np.where(random.random(len(v)) < 0.1, "gold", v), 2),
        ("a fifth of an input is missing", "number_5", lambda v: np.where(random.random(len(v)) < 0.2, np.nan, v), 3),
        ("an input comes in other units", "number_7", lambda v: v * 1000, 4),
        ("predictions move", "prediction", lambda v: np.minimum(v * 1.25, 1), 5),
    ]
    found = []
    for what, feature, change, model in table:
        cause = make(model, begin_ms, day, feature, change)
        found.append(Scripted(what, "Drift", f"model:{model}/{feature}", begin_ms, day, 190 * MINUTE_MS, cause))
    silent = make(6, begin_ms, begin_ms + 600 * MINUTE_MS)
    found.append(
        Scripted("rows come no more", "Model silent", "model:6", begin_ms, silent.until_ms, 190 * MINUTE_MS, silent)
    )
    return found


def scripted(begin_ms: int) -> list[Scripted]:
    """All of them."""
    return [*of_hosts(begin_ms), *of_endpoints(begin_ms), *of_models(begin_ms)]
