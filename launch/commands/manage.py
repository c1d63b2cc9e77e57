"""Commands that manage: users, tokens, rules, over the gateway (users: over the database)."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import database, gateway

user_app = typer.Typer(no_args_is_help=True, help="People who may sign in.")
token_app = typer.Typer(no_args_is_help=True, help="API tokens.")
rule_app = typer.Typer(no_args_is_help=True, help="When there is an alert.")
console = Console(highlight=False)


def _table(title: str, rows: list[dict[str, Any]], *columns: str) -> None:
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*("" if row.get(column) is None else escape(str(row.get(column))) for column in columns))
    console.print(table)


def _password() -> str:
    return str(typer.prompt("password", hide_input=True, confirmation_prompt=True))


@user_app.command("add")
def add_user(
    email: str,
    scope: Annotated[list[str], typer.Option(help="read, respond, admin")] = ["read"],  # noqa: B006 - typer copies it
    account: str = "default",
) -> None:
    """Make a user; asks for the password."""
    from vedette.store import accounts
    from vedette.store.pool import Store

    store = Store(database(), pool_size=1)
    try:
        accounts.add_user(store, accounts.ensure_account(store, account), email, _password(), scope)
    finally:
        store.close()
    console.print(f"{email} may sign in")


@user_app.command("password")
def set_password(email: str) -> None:
    """Set another password; ends the user's sessions."""
    from vedette.store import accounts
    from vedette.store.pool import Store

    store = Store(database(), pool_size=1)
    try:
        accounts.set_password(store, email, _password())
    finally:
        store.close()
    console.print("done")


@token_app.command("add")
def add_token(
    name: str,
    scope: Annotated[list[str], typer.Option(help="ingest, agent, probe, read, respond, admin; may be repeated")],
    subject: Annotated[str | None, typer.Option(help="the one source or location it may report for")] = None,
) -> None:
    """Make a token and print it, this once."""
    body = {"name": name, "scopes": scope, "subject": subject}
    print(gateway().call("POST", "/v1/tokens", body=body)["token"])


@token_app.command("list")
def list_tokens() -> None:
    """List tokens, without secrets."""
    _table("tokens", gateway().call("GET", "/v1/tokens")["tokens"], "id", "name", "scopes", "subject")


@token_app.command("revoke")
def revoke_token(token: int) -> None:
    """End a token."""
    gateway().call("DELETE", f"/v1/tokens/{token}")


@rule_app.command("add")
def add_rule(
    name: str,
    kind: Annotated[
        str,
        typer.Argument(
            help="outage, endpoint_down, trend, host_silent, host_flag, threshold, plugin_notice, drift, model_silent,"
            " quality"
        ),
    ],
    series: Annotated[str | None, typer.Option(help="threshold: a selector")] = None,
    above: Annotated[float | None, typer.Option()] = None,
    below: Annotated[float | None, typer.Option()] = None,
    for_s: Annotated[int | None, typer.Option("--for", help="threshold: seconds it must hold")] = None,
    monitor: Annotated[int | None, typer.Option(help="outage, endpoint_down, trend: one monitor only")] = None,
    after_failures: Annotated[int | None, typer.Option(help="endpoint_down: failures in a row")] = None,
    direction: Annotated[str | None, typer.Option(help="trend: down or up")] = None,
    minimum: Annotated[float | None, typer.Option(help="trend: smallest change of Apdex")] = None,
    source: Annotated[str | None, typer.Option(help="host_silent, plugin_notice: a regular expression")] = None,
    plugin: Annotated[str | None, typer.Option(help="plugin_notice: a regular expression")] = None,
    model: Annotated[int | None, typer.Option(help="drift, model_silent, quality: one model only")] = None,
    feature: Annotated[str | None, typer.Option(help="drift: a regular expression")] = None,
    metric: Annotated[str | None, typer.Option(help="quality: accuracy, auc, rmse …")] = None,
    baseline: Annotated[float | None, typer.Option(help="quality: what is usual")] = None,
    delta: Annotated[float | None, typer.Option(help="quality: how far from the baseline is too far")] = None,
    windows: Annotated[int | None, typer.Option(help="quality: windows in a row")] = None,
    flag: Annotated[str | None, typer.Option(help="host_flag: clone or clock")] = None,
    severity: Annotated[str | None, typer.Option(help="critical, warning, info; each kind has its own")] = None,
    runbook: Annotated[str | None, typer.Option(help="a page that says what to do")] = None,
    channel: Annotated[list[int], typer.Option(help="notify only these; may be repeated")] = [],  # noqa: B006 - typer copies it
) -> None:
    """Make a rule."""
    given = {
        "series": series,
        "above": above,
        "below": below,
        "for_s": for_s,
        "monitor": monitor,
        "after_failures": after_failures,
        "direction": direction,
        "minimum": minimum,
        "source": source,
        "plugin": plugin,
        "model": model,
        "feature": feature,
        "metric": metric,
        "baseline": baseline,
        "delta": delta,
        "windows": windows,
        "flag": flag,
        "severity": severity,
        "runbook": runbook,
    }
    body = {"name": name, "kind": kind, "channels": channel, **{k: v for k, v in given.items() if v is not None}}
    console.print(f"rule {gateway().call('POST', '/v1/rules', body=body)['id']}")


@rule_app.command("list")
def list_rules() -> None:
    """List rules."""
    columns = ("id", "name", "kind", "severity", "series", "above", "below")
    _table("rules", gateway().call("GET", "/v1/rules")["rules"], *columns)


@rule_app.command("remove")
def remove_rule(rule: int) -> None:
    """Remove a rule."""
    gateway().call("DELETE", f"/v1/rules/{rule}")
