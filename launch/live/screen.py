"""The screen of `vedette top`: a row for each host, and the busiest processes of one."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from launch.live.hosts import LiveHost, LiveSession

STALE_S = 3.5
_BARS = " ▁▂▃▄▅▆▇█"
_UNITS = ("B", "kB", "MB", "GB", "TB")


def bars(values: list[float | None], width: int) -> str:
    """Ratios as bars from 0 to 1; a hole is a dot."""
    shown = values[-width:]
    steps = len(_BARS) - 1
    drawn = ("·" if value is None else _BARS[round(min(1.0, max(0.0, value)) * steps)] for value in shown)
    return "".join(drawn).rjust(width)


def rate(value: float | None) -> str:
    """Bytes a second."""
    if value is None:
        return "-"
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            return f"{value:.0f} {unit}/s" if unit == "B" or value >= 99.5 else f"{value:.1f} {unit}/s"
        value /= 1000
    raise AssertionError


def percent(value: float | None) -> str:
    """A ratio as a percentage."""
    return "-" if value is None else f"{value * 100:.1f} %"


def size(value: float) -> str:
    """Bytes in binary units."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def screen(session: LiveSession, chosen: str | None, columns: int, rows: int, now: float) -> RenderableType:
    """The whole screen at the monotonic time `now`, for a terminal of that size."""
    parts: list[RenderableType] = [_head(session), _hosts(session, columns, now)]
    host = session.hosts.get(chosen) if chosen else next(iter(session.hosts.values()), None)
    room = rows - len(session.hosts) - 9
    if host is not None and host.processes and room > 0:
        parts.append(_processes(host, room))
    return Group(*parts)


def _head(session: LiveSession) -> Text:
    left_s = max(0, session.until_ms - session.now_ms) // 1000
    state = "ended" if session.reason is not None else "reconnecting …" if session.lost else "live"
    text = f"vedette top  {state}  {session.viewers} watching  ends in {left_s // 60}:{left_s % 60:02}"
    return Text(text, style="bold red" if session.lost else "bold")


def _hosts(session: LiveSession, columns: int, now: float) -> Table:
    width = 60 if columns >= 150 else 30 if columns >= 115 else 15
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("host", overflow="ellipsis", no_wrap=True, min_width=8)
    table.add_column("cpu", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, min_width=width)
    for heading in ("load", "memory", "read", "written", "received", "sent"):
        table.add_column(heading, justify="right", no_wrap=True)
    for host in session.hosts.values():
        table.add_row(*_row(host, width, now))
    return table


def _row(host: LiveHost, width: int, now: float) -> list[Text | str]:
    if not host.seq:
        return [Text(host.name), Text("starting", style="dim")]
    age_s = now - host.heard_at
    values = host.values
    return [
        Text(host.name),
        Text(f"silent {age_s:.0f} s", style="red") if age_s > STALE_S else Text(percent(values.get("cpu.used_ratio"))),
        bars(list(host.cpu), width),
        f"{values['load.1m']:.2f}" if "load.1m" in values else "-",
        percent(values.get("memory.used_ratio")),
        *(rate(host.rates.get(kind)) for kind in ("read", "written", "received", "sent")),
    ]


def _processes(host: LiveHost, most: int) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, title=Text(host.name), title_justify="left")
    table.add_column("pid", justify="right")
    table.add_column("user")
    table.add_column("cpu", justify="right", no_wrap=True)
    table.add_column("memory", justify="right", no_wrap=True)
    table.add_column("command", no_wrap=True, overflow="ellipsis", ratio=1)
    for pid, user, command, cpu, memory in host.processes[:most]:
        table.add_row(str(pid), Text(user), percent(cpu), size(memory), Text(command))
    return table


def line(host: LiveHost) -> str:
    """One line for a terminal that is none: what the screen shows of a host."""
    values = host.values
    parts = [
        host.name,
        f"cpu {percent(values.get('cpu.used_ratio'))}",
        f"memory {percent(values.get('memory.used_ratio'))}",
        *(f"{kind} {rate(host.rates.get(kind))}" for kind in ("read", "written", "received", "sent")),
    ]
    return "  ".join(parts)
