"""Sections: a report's contents as headings, facts, tables and charts, in words; how they look is said elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alerting.reports.alerts import NIGHT
from alerting.reports.contents import Bands, Contents, Counted, Lines, Load, Named
from alerting.reports.phrases import day, difference, duration, moment, more_or_fewer, percent, printable

_KINDS = {"weekly": "Weekly report", "daily": "Daily digest"}
_HOUR_MS = 3_600_000


class Fact(NamedTuple):
    """A number, what it was in the period before, and the difference."""

    label: str
    value: str
    before: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; `more` rows are not shown."""

    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side; those of `faint` are drawn lighter. `alt` says in words what the picture shows."""

    name: str
    values: list[float]
    caption: str
    alt: str
    faint: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report. Without facts, tables and notes there was nothing: `nothing` says so."""

    title: str
    facts: tuple[Fact, ...] = ()
    chart: Chart | None = None
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


def kind_of(contents: Contents) -> str:
    """What it is, in words."""
    return _KINDS.get(contents.kind, contents.kind)


def title_of(contents: Contents) -> str:
    """The report in a line: its name, of which time it is, and the two numbers that matter most."""
    if contents.kind == "weekly":
        last = day(contents.to_ms - 1, contents.zone)
        span = f"{day(contents.from_ms, contents.zone)} to {last}"
    else:
        span = f"until {moment(contents.to_ms, contents.zone)}"
    began, still = contents.alerting.load.began, contents.alerting.open.total
    more = " or more" if contents.alerting.open.cut else ""
    return f"{printable(contents.name)}, {span}: {_alerts(began)}, {still}{more} open"


def _alerts(count: int) -> str:
    return f"{count} alert{'' if count == 1 else 's'}"


def sections_of(contents: Contents) -> list[Section]:
    """The parts that the report shows, in order; parts that this version does not know are left out."""
    makers = {
        "uptime": _uptime,
        "apdex": _apdex,
        "worst": _worst,
        "load": _load,
        "told": lambda found: _lines("Told", found.alerting.told, found, "Nobody was told of an alert."),
        "held_back": _held_back,
        "open": lambda found: _lines("Still open", found.alerting.open, found, "No alert is open."),
        "changed": _changed,
        "drift": _drift,
        "hosts": _hosts,
    }
    return [makers[part](contents) for part in contents.parts if part in makers]


def remarks(contents: Contents) -> list[str]:
    """What the whole report must be read with: its times, lateness, reports before that were left out."""
    zone = contents.zone
    span = f"From {moment(contents.from_ms, zone)} to {moment(contents.to_ms, zone)} ({zone})"
    found = [f"{span}, compared with the time from {moment(contents.before_ms, zone)} on."]
    if contents.made_ms - contents.due_ms >= _HOUR_MS:
        found.append(f"It was due at {moment(contents.due_ms, zone)}, and made at {moment(contents.made_ms, zone)}.")
    if contents.missed_ms:
        times = ", ".join(moment(ms, zone) for ms in contents.missed_ms)
        found.append(f"Not sent, because nobody was there to send it: the report due at {times}.")
    return found


def _uptime(contents: Contents) -> Section:
    found = contents.endpoints
    if not found.checked:
        return Section("Uptime", notes=("No endpoint was checked.",))
    before = percent(found.uptime_before)
    facts = (
        Fact("Uptime (mean)", percent(found.uptime), before, difference(found.uptime, found.uptime_before)),
        Fact(
            "Reachability",
            percent(found.reachability),
            percent(found.reachability_before),
            difference(found.reachability, found.reachability_before),
        ),
        Fact("Endpoints at 100 %", f"{found.whole} of {found.checked}"),
    )
    notes = () if found.exact else ("Of some hours it is no longer known which minutes were good: lower bounds.",)
    return Section("Uptime", facts, _failures(contents), notes=notes)


def _failures(contents: Contents) -> Chart:
    hours, first = contents.endpoints.hours, contents.endpoints.hours_ms
    shares = [100 * failed / counted if counted else 0.0 for counted, failed in hours]
    worst = max(range(len(shares)), key=shares.__getitem__, default=0)
    if not any(shares):
        words = "no check failed"
    else:
        words = f"at most {shares[worst]:.2f} % in the hour from {moment(first + worst * _HOUR_MS, contents.zone)}"
    caption = f"Failed checks by hour: {words}"
    return Chart("failures", shares, caption, f"{caption}.")


def _apdex(contents: Contents) -> Section:
    found = contents.endpoints
    now, before = found.bands, found.bands_before
    facts = tuple(
        Fact(name.capitalize(), str(count), str(past), more_or_fewer(count, past))
        for name in Bands.__struct_fields__
        for count, past in [(getattr(now, name), getattr(before, name))]
    )
    values: list[float] = []
    for name in Bands.__struct_fields__:
        values += [getattr(before, name), getattr(now, name), 0]
    words = ", ".join(f"{fact.label.lower()} {fact.value} (before {fact.before})" for fact in facts)
    faint = frozenset(range(0, 15, 3))
    chart = Chart("apdex", values[:-1], "Endpoints by Apdex, pale: before", f"Endpoints by Apdex: {words}.", faint)
    rows = [(printable(one.name), one.apdex, one.band or "", one.apdex_before) for one in found.slowest]
    tables = (Table(("Lowest Apdex", "Apdex", "", "before"), rows),) if rows else ()
    if not any(getattr(now, name) for name in Bands.__struct_fields__):
        return Section("Apdex", notes=("No endpoint was checked.",))
    return Section("Apdex", facts, chart, tables)


def _worst(contents: Contents) -> Section:
    rows = [
        (
            printable(one.name),
            percent(one.uptime),
            percent(one.uptime_before),
            percent(one.reachability),
            duration(60 * one.down_minutes),
            one.apdex,
        )
        for one in contents.endpoints.worst
    ]
    if not rows:
        return Section("Worst endpoints", notes=("No check failed.",))
    heads = ("Endpoint", "Uptime", "before", "Reachability", "Down", "Apdex")
    return Section("Worst endpoints", tables=(Table(heads, rows),))


def _load(contents: Contents) -> Section:
    found, now, before = contents.alerting, contents.alerting.load, contents.alerting.before
    facts = (
        Fact("Alerts", str(now.began), str(before.began), more_or_fewer(now.began, before.began)),
        Fact("of them critical", str(now.critical), str(before.critical), more_or_fewer(now.critical, before.critical)),
        Fact("at night (22 to 6)", str(now.night), str(before.night), more_or_fewer(now.night, before.night)),
        Fact("Messages", str(now.messages), str(before.messages), more_or_fewer(now.messages, before.messages)),
        Fact("Acknowledged", f"{now.acknowledged} of {now.began}", f"{before.acknowledged} of {before.began}"),
        Fact("until acknowledged (mean)", duration(now.acknowledge_s), duration(before.acknowledge_s)),
        Fact("until over (mean)", duration(now.resolve_s), duration(before.resolve_s)),
        Fact("Notices", str(now.notices), str(before.notices), more_or_fewer(now.notices, before.notices)),
    )
    tables = tuple(
        Table((head, "Alerts", "before"), [_counted(one) for one in rows])
        for head, rows in (("Rule", found.rules), ("Noisiest", found.noisiest))
        if rows
    )
    notes = ("There were more alerts than are counted here.",) if now.cut or before.cut else ()
    return Section("Alert load", facts, _by_hour(now) if now.began else None, tables, notes)


def _counted(one: Counted) -> tuple[str, ...]:
    return printable(one.name), str(one.count), str(one.before)


def _by_hour(load: Load) -> Chart:
    most = max(range(24), key=load.by_hour.__getitem__)
    words = f"{load.night} at night, most ({load.by_hour[most]}) from {most}:00 to {most + 1}:00"
    caption = f"Alerts by the hour of day, from 0 to 24, pale: night; {words}"
    return Chart("load", [float(n) for n in load.by_hour], caption, f"Alerts by the hour of day: {words}.", NIGHT)


def _lines(title: str, found: Lines, contents: Contents, nothing: str) -> Section:
    notes = ("Not all alerts were looked at, for there are too many.",) if found.cut else ()
    if not found.total:
        return Section(title, notes=notes or (nothing,))
    rows = []
    for one in found.rows:
        over = f"{duration((one.ended_ms - one.started_ms) / 1000)}" if one.ended_ms is not None else "open"
        over = "notice" if one.state == "notice" else over
        name = printable(one.title)
        rows.append((moment(one.started_ms, contents.zone), name, one.severity, over, printable(one.said)))
    table = Table(("Began", "Alert", "Severity", "Lasted", ""), rows, found.total - len(rows))
    return Section(f"{title} ({found.total}{' or more' if found.cut else ''})", tables=(table,), notes=notes)


def _held_back(contents: Contents) -> Section:
    found = contents.alerting
    section = _lines("Told to nobody", found.held_back, contents, "Nothing was held back.")
    tables = [*section.tables]
    if found.silences.total:
        tables.append(_named(("Silence", "", "until"), found.silences, contents.zone))
    if found.suppressed.total:
        tables.append(_named(("Outage without an alert", "because of", "began"), found.suppressed, contents.zone))
    notes = () if tables and not found.held_back.cut else section.notes
    return Section(section.title, tables=tuple(tables), notes=notes)


def _changed(contents: Contents) -> Section:
    return _of_named("Changed", ("What", "", "when"), contents.changed, contents, "Nothing has changed.")


def _drift(contents: Contents) -> Section:
    return _of_named("Drift of models", ("Model", "Features", ""), contents.drift, contents, "No model was judged.")


def _hosts(contents: Contents) -> Section:
    found = contents.hosts
    facts = (
        Fact("Hosts", str(found.total)),
        Fact("new", str(found.fresh.total)),
        Fact("silent now", str(found.silent.total)),
    )
    lists = (("New", found.fresh), ("Silent", found.silent))
    tables = tuple(_named((head, "", ""), names, contents.zone) for head, names in lists if names.total)
    return Section("Hosts", facts, tables=tables)


def _of_named(title: str, heads: tuple[str, ...], found: Named, contents: Contents, nothing: str) -> Section:
    if not found.total:
        return Section(title, notes=(nothing,))
    return Section(f"{title} ({found.total})", tables=(_named(heads, found, contents.zone),))


def _named(heads: tuple[str, ...], found: Named, zone: str) -> Table:
    rows = [(printable(name), printable(said), "" if at is None else moment(at, zone)) for name, said, at in found.rows]
    return Table(heads, rows, found.total - len(rows))


def generated(ms: int) -> str:
    """A time in UTC, for the foot of the page."""
    return f"{datetime.fromtimestamp(ms / 1000, ZoneInfo('UTC')):%Y-%m-%d %H:%M} UTC"
