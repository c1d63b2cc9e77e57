"""The command that throws away what is too old where no `vedette up` does it: `janitor`."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from pathlib import Path

import typer

app = typer.Typer()


@app.command()
def janitor() -> None:
    """Enforce the retention of log and tables, and pack old days, once a minute, until SIGTERM or SIGINT.

    One for a database is enough.
    """
    from launch.up.janitor import Janitor
    from vedette.clock import SystemClock
    from vedette.log import await_log
    from vedette.settings import LogSettings, Settings, StoreSettings, TableSettings
    from vedette.store import open_store
    from vedette.telemetry import configure_logs, get_logger, metrics

    settings, tables = Settings.load(), TableSettings.load()
    configure_logs(settings.log_level, settings.log_format)
    metrics().serve(settings.metrics_port)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log = await_log(LogSettings.load(), sleep=lambda seconds: sys.exit(0) if stop.wait(seconds) else None)
    store = open_store(StoreSettings.load())
    # Our own output is nobody's file here: the folder that is looked after is an empty one.
    with tempfile.TemporaryDirectory(prefix="vedette-janitor-") as empty:
        rounds = Janitor(log, store, Path(empty), SystemClock())
        get_logger("janitor").info("started", keep_10s_days=tables.keep_10s_days, keep_1m_days=tables.keep_1m_days)
        try:
            rounds.go_round()
            rounds.start()
            stop.wait()
            rounds.stop()
            rounds.join(timeout=10)
        finally:
            store.close()
            log.close()
