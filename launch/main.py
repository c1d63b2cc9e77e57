"""The `vedette` command."""

from __future__ import annotations

import os
import sys

import typer
from rich.console import Console
from rich.markup import escape

from launch.commands import (
    account,
    agent,
    alert,
    apply,
    ask,
    backup,
    bootstrap,
    channel,
    doctor,
    group,
    hosts,
    janitor,
    loadgen,
    manage,
    model,
    model_metrics,
    monitor,
    monitor_views,
    plugin,
    processes,
    rebuild,
    report,
    route,
    rule,
    schedule,
    situation,
    top,
)
from launch.supervised import die_with_parent
from vedette.errors import VedetteError

app = typer.Typer(
    name="vedette",
    help="Monitoring for hosts, endpoints and machine-learning models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(processes.app)
app.add_typer(bootstrap.app)
app.add_typer(backup.app)
app.add_typer(janitor.app)
app.add_typer(apply.app)
app.add_typer(ask.app)
app.add_typer(top.app)
app.add_typer(doctor.app)
app.add_typer(rebuild.app)
app.add_typer(loadgen.app)
app.add_typer(agent.app, name="agent")
app.add_typer(hosts.role_app, name="role")
app.add_typer(hosts.host_app, name="host")
app.add_typer(manage.user_app, name="user")
app.add_typer(manage.token_app, name="token")
monitor.app.add_typer(monitor_views.app)
app.add_typer(monitor.app, name="monitor")
app.add_typer(plugin.app, name="plugin")
app.add_typer(channel.channel_app, name="channel")
app.add_typer(rule.app, name="rule")
app.add_typer(route.app, name="route")
app.add_typer(schedule.app, name="schedule")
app.add_typer(group.app, name="group")
app.add_typer(alert.alert_app, name="alert")
app.add_typer(alert.silence_app, name="silence")
app.add_typer(situation.app, name="situation")
app.add_typer(report.report_app, name="report")
app.add_typer(account.app, name="account")
model.app.add_typer(model_metrics.app)
app.add_typer(model.app, name="model")


def main() -> None:
    """Run a command; an error of ours is one clear line, and exit code 1."""
    # Before numpy is imported: OpenBLAS would take a thread for each core and spin in all of them for products of a few
    # thousand numbers, which is what flows and gateway compute. Whoever wants it otherwise says so.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    die_with_parent()
    try:
        app()
    except VedetteError as error:
        Console(stderr=True, highlight=False).print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
