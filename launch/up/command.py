"""`vedette up`: start, tell the address, supervise."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from launch.first_start import FirstLogin
from launch.up.bootstrap import bootstrap
from launch.up.folder import DataFolder
from launch.up.janitor import Janitor
from launch.up.plan import Plan
from launch.up.roster import Roster
from launch.up.supervisor import Supervisor
from vedette.clock import SystemClock
from vedette.errors import ConfigurationError
from vedette.log import open_log
from vedette.settings import LogSettings, StoreSettings
from vedette.store.migrate import migrate
from vedette.store.pool import Store

START_S = 60.0


def up(data: Path, host: str, port: int, interval_s: float, dsn: str | None, metrics_port: int = 0) -> None:
    """Run everything until Ctrl-C or SIGTERM; blocks. Raises `VedetteError` if it cannot start."""
    console = Console(stderr=True, highlight=False)
    folder = DataFolder(data.resolve())
    plan = Plan(folder, host, port, interval_s, given_dsn(dsn), metrics_port)
    plan.check()
    lock = folder.claim()
    check_port(host, port)
    clock = SystemClock()
    roster = Roster(folder, clock)
    supervisor = Supervisor(clock, lambda text: console.print(f"[yellow]•[/] {escape(text)}"), roster.note)
    supervisor.take_signals()
    started = time.monotonic()
    try:
        with console.status("starting…") as status:
            if plan.dsn is None:
                status.update("starting the database…")
                end_leftover(folder.postgres)
                supervisor.start(plan.postgres())
                supervisor.wait_ready(START_S)
            if supervisor.stopping():
                return
            status.update("preparing the tables…")
            migrate(plan.database())
            store = Store(plan.database(), pool_size=2)
            login = bootstrap(store, plan)
            folder.write_address(plan.url, plan.database())
            status.update("starting gateway and dataflows…")
            supervisor.start(*plan.services())
            supervisor.wait_ready(START_S)
            if supervisor.stopping():
                return
            # Not before: a probe that finds no gateway would report an outage of it.
            supervisor.start(*plan.senders())
        announce(console, plan, login, time.monotonic() - started)
        janitor = Janitor(open_log(LogSettings.load(log_url=folder.log_url)), store, folder.root / "output", clock)
        janitor.start()
        supervisor.run()
        janitor.stop()
    finally:
        console.print("stopping…")
        supervisor.stop()
        roster.clear()
        lock.close()


def given_dsn(dsn: str | None) -> str | None:
    """The database that was asked for by option or variable, or in the file of `VEDETTE_DSN_FILE`; None: our own.

    Raises a `ConfigurationError` that does not show it if it is no address of PostgreSQL.
    """
    if dsn is None and "VEDETTE_DSN_FILE" not in os.environ:
        return None
    return StoreSettings.load(dsn=dsn).dsn.get_secret_value()


def check_port(host: str, port: int) -> None:
    """Raise a `ConfigurationError` if somebody else listens on the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError("--port", f"{host}:{port}", f"an address that is free here ({error})") from error


def end_leftover(data: Path) -> None:
    """Stop a server that an earlier `vedette up` left behind when it was killed."""
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return
    if str(data).encode() not in command:
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def announce(console: Console, plan: Plan, login: FirstLogin | None, took_s: float) -> None:
    """Print the one address, and the first login if there is one."""
    console.print(f"[green]✓[/] Vedette is up after {took_s:.1f} s: [bold]{plan.url}[/]")
    if login is not None:
        password = escape(login.password or "(from VEDETTE_ADMIN_PASSWORD)")
        console.print(f"  sign in as [bold]{login.email}[/] with the password [bold]{password}[/]")
        if login.password is not None:
            console.print("  it is shown this once only; `vedette user password` sets another")
    console.print(f"  data: {plan.folder.root}   stop: Ctrl-C")
