"""Commands that manage: users and tokens, over the gateway (users: over the database)."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import database, gateway

user_app = typer.Typer(no_args_is_help=True, help="People who may sign in.")
token_app = typer.Typer(no_args_is_help=True, help="API tokens.")
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
