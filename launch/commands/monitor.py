"""The commands of `vedette monitor`: endpoints that are checked, one by one or as a file, or just now from here."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.checked_once import LOCATION, check_once, lines_of
from launch.client import access, gateway
from launch.given import Set, given_fields
from vedette.errors import InvalidInput

app = typer.Typer(no_args_is_help=True, help="Endpoints that are checked.")
console = Console(highlight=False)
_BY_SUFFIX = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".csv": "csv"}
_EXIT = {"down": 1, "probe_error": 2}
"""Exit codes of `test`; everything else is 0."""


@app.command("add")
def add_monitor(
    url: Annotated[str | None, typer.Argument(help="what is checked; a heartbeat has none")] = None,
    name: Annotated[str | None, typer.Option(help="the URL if not given")] = None,
    interval: Annotated[int, typer.Option(help="seconds")] = 60,
    timeout: Annotated[float, typer.Option(help="seconds")] = 10.0,
    apdex: Annotated[int, typer.Option(help="target T in milliseconds")] = 500,
    kind: Annotated[str | None, typer.Option(help="heartbeat: a job pings; else the URL's scheme tells it")] = None,
    every: Annotated[int | None, typer.Option(help="heartbeat: seconds between pings")] = None,
    cron: Annotated[str | None, typer.Option(help="heartbeat: the times of pings, as '30 2 * * *'")] = None,
    zone: Annotated[str, typer.Option(help="heartbeat: of the cron times")] = "UTC",
    grace: Annotated[int, typer.Option(help="heartbeat: seconds that a ping may be late")] = 300,
    max_run: Annotated[int | None, typer.Option(help="heartbeat: seconds that a run may take")] = None,
    more: Set = [],  # noqa: B006 - typer copies it
) -> None:
    """Check an endpoint from now on, or wait for a job's pings."""
    if kind == "heartbeat":
        if name is None:
            raise InvalidInput("--name", "<missing>", "a name for the heartbeat")
        fields = {"every_s": every, "cron": cron, "zone": zone, "grace_s": grace, "max_run_s": max_run}
        made = gateway().call(
            "POST", "/v1/monitors", body={"name": name, "kind": kind, "url": url or "", **fields, **given_fields(more)}
        )
        console.print(f"monitor {made['id']}: {made['name']}", markup=False)
        _print_url(gateway().call("GET", f"/v1/monitors/{made['id']}/ping-url"))
        return
    if url is None:
        raise InvalidInput("URL", "<missing>", "what is to be checked, or --kind heartbeat")
    body = {
        **({} if kind is None else {"kind": kind}),
        "url": url,
        "name": name or url[:200],
        "interval_s": interval,
        "timeout_s": timeout,
        "apdex_t_ms": apdex,
        **given_fields(more),
    }
    made = gateway().call("POST", "/v1/monitors", body=body)
    console.print(f"monitor {made['id']}: {made['name']}", markup=False)


@app.command("list")
def list_monitors() -> None:
    """List endpoints with their state."""
    table = Table("id", "name", "state", "ms", "apdex", "uptime 24h", "url", title="endpoints")
    for row in gateway().call("GET", "/v1/monitors")["monitors"]:
        uptime = "" if row["uptime_24h"] is None else f"{row['uptime_24h']:.3%}"
        times = ", ".join(f"{place['total_ms']:.0f}" for place in row["places"])
        job = row.get("heartbeat")
        state, apdex, target = (
            (row["state"], row["apdex"]["display"], row["url"]) if job is None else (job["state"], "", _due(row))
        )
        cells = (str(row["id"]), row["name"], state, times, apdex, uptime, target)
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)


def _due(row: dict[str, Any]) -> str:
    """When a heartbeat's pings are due, in words."""
    return f"a ping every {row['every_s']} s" if row["cron"] is None else f"a ping at {row['cron']} ({row['zone']})"


@app.command("ping-url")
def ping_url(
    monitor: int,
    renew: Annotated[bool, typer.Option("--renew", help="make another; this one leads nowhere then")] = False,
) -> None:
    """Show the URL that a heartbeat's job pings."""
    _print_url(gateway().call("POST" if renew else "GET", f"/v1/monitors/{monitor}/ping-url"))


def _print_url(found: dict[str, Any]) -> None:
    print(f"{access()[0].rstrip('/')}{found['ping']}")


@app.command("pings")
def last_pings(monitor: int, limit: Annotated[int, typer.Option(help="at most so many")] = 20) -> None:
    """List a heartbeat's last pings, newest first."""
    table = Table("time (UTC)", "ping", "run", "took ms", "output", title="pings")
    for row in gateway().call("GET", f"/v1/monitors/{monitor}/pings", params={"limit": limit})["pings"]:
        at = datetime.fromtimestamp(row["at_ms"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        said = row["said"] if row["exit_status"] is None else f"{row['said']} ({row['exit_status']})"
        took = "" if row["took_ms"] is None else f"{row['took_ms']:.0f}"
        output = (row["body"] or "").partition("\n")[0]
        table.add_row(*(escape(cell) for cell in (at, said, row["rid"], took, output)))
    console.print(table)


@app.command("remove")
def remove_monitor(monitor: int) -> None:
    """Remove an endpoint and its history."""
    gateway().call("DELETE", f"/v1/monitors/{monitor}")


@app.command("test")
def check_now(
    url: str,
    timeout: Annotated[float, typer.Option(help="seconds")] = 10.0,
    method: Annotated[str | None, typer.Option(help="GET if not given")] = None,
    header: Annotated[list[str], typer.Option(help="as 'Accept: text/plain'; may be repeated")] = [],  # noqa: B006 - typer copies it
    expect: Annotated[list[str], typer.Option(help="2xx, 301 or 200-204; may be repeated")] = [],  # noqa: B006 - typer copies it
    insecure: Annotated[bool, typer.Option("--insecure", help="accept any certificate")] = False,
) -> None:
    """Check an endpoint once, from here, without a gateway.

    Exit code 1: it is down. 2: this machine could not check it. 0: it is up, or degraded.
    """
    fields: dict[str, Any] = {"url": url, "name": "test", "timeout_s": timeout}
    fields["apdex_t_ms"] = max(1, min(500, int(timeout * 250) - 1))
    if method is not None:
        fields["method"] = method.upper()
    if header:
        fields["headers"] = dict(_header(one) for one in header)
    if expect:
        fields["expected_status"] = expect
    if insecure:
        fields["verify_tls"] = False
    looked = check_once(fields, LOCATION)
    for line in lines_of(url, looked):
        print(line)
    if (looked.result.error or "").startswith("tls_certificate"):
        print("\n--insecure accepts the certificate, and shows it")
    sys.exit(_EXIT.get(looked.result.outcome, 0))


def _header(written: str) -> tuple[str, str]:
    name, colon, value = written.partition(":")
    if not colon:
        raise InvalidInput("--header", written, "a name and a value, as 'Accept: text/plain'")
    return name.strip(), value.strip()


@app.command("export")
def export_monitors(
    form: Annotated[str | None, typer.Option("--format", help="yaml, json, csv; else by the file's name")] = None,
    output: Annotated[Path | None, typer.Option(help="a file; else it is printed")] = None,
) -> None:
    """Write all monitors as one file. It holds their secrets, so only its owner may read it."""
    known = None if output is None else _BY_SUFFIX.get(output.suffix.lower())
    text = gateway().fetch("/v1/monitors/export", params={"format": form or known or "yaml"})
    if output is None:
        sys.stdout.buffer.write(text)
        return
    try:
        # Made anew with mode 600: a file that was there keeps its own.
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text)
    except OSError as error:
        raise InvalidInput("--output", str(output), f"a file that can be written ({error.strerror})") from error


@app.command("import")
def import_monitors(
    file: Annotated[str, typer.Argument(help="- reads from standard input")],
    form: Annotated[
        str | None,
        typer.Option("--format", help="yaml, json, csv, openapi, blackbox, gatus, kuma; else by the file's name"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would happen, and change nothing")] = False,
    base: Annotated[str | None, typer.Option(help="openapi: where the API lives")] = None,
    targets: Annotated[str | None, typer.Option(help="blackbox: a second file, with the targets")] = None,
) -> None:
    """Make and change monitors from a file. Exit code 1 if an entry was refused; the good ones are imported."""
    chosen = form or _BY_SUFFIX.get(Path(file).suffix.lower())
    if chosen is None:
        raise InvalidInput("--format", file, "yaml, json, csv, openapi, blackbox, gatus or kuma")
    content = _content("FILE", file)
    if targets is not None:
        content += b"\n---\n" + _content("--targets", targets)
    params = {"format": chosen, "dry_run": dry_run, **({"base": base} if base is not None else {})}
    found = gateway().call("POST", "/v1/monitors/import", params=params, content=content)
    for line in told(found):
        print(line)
    sys.exit(1 if found["refused"] else 0)


def _content(field: str, file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InvalidInput(field, file, f"a file that can be read ({error.strerror})") from error


def told(found: dict[str, Any]) -> list[str]:
    """What an import did, line by line: entries that are refused last, where they are seen."""
    lines: list[str] = []
    for one in found["monitors"]:
        changes = f" ({', '.join(one['changes'])})" if one["changes"] else ""
        if one["action"] != "unchanged":
            lines.append(f"{one['action']} {one['name']}{changes}")
        lines += [f"  note: {note}" for note in one["notes"]]
    lines += [f"passed over {_place(one)}: {one['reason']}" for one in found["passed_over"]]
    lines += [
        f"refused {_place(one)}{' ' + one['name'] if one['name'] else ''}:"
        f" {one['field']}: {one['value']} is not allowed; allowed: {one['allowed']}"
        for one in found["faults"]
    ]
    counts = ", ".join(f"{found[name]} {name}" for name in ("created", "updated", "unchanged", "refused", "skipped"))
    return [*lines, f"{'would be: ' if found['dry_run'] else ''}{counts}"]


def _place(one: dict[str, Any]) -> str:
    return str(one["where"]) if one["line"] is None else f"{one['where']} (line {one['line']})"
