"""The command that makes an installation's first things where nobody is there to be asked: `bootstrap`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vedette.errors import ConfigurationError

app = typer.Typer()
KINDS = ("admin", "agent", "probe")


@app.command()
def bootstrap(
    token: Annotated[
        list[str], typer.Option(help="KIND[:SUBJECT]=FILE, as agent:web-1=/run/secrets/agent_token; may be repeated")
    ] = [],  # noqa: B006 - typer copies it
    monitor: Annotated[list[str], typer.Option(help="NAME=URL, checked from the first start on; may be repeated")] = [],  # noqa: B006 - typer copies it
) -> None:
    """Make the account, its administrator, default rules and monitors, and let the tokens in these files be valid.

    The administrator's password comes from VEDETTE_ADMIN_PASSWORD_FILE. What exists already stays as it is.
    """
    from launch.client import database
    from launch.first_start import first_start
    from vedette.store import accounts
    from vedette.store.pool import Store

    endpoints = dict(_monitor(text) for text in monitor)
    tokens = [_token(text) for text in token]
    store = Store(database(), pool_size=1)
    try:
        account, login = first_start(store, endpoints)
        for kind, subject, secret in tokens:
            name = f"bootstrap: {kind}" + (f" {subject}" if subject else "")
            lives = accounts.keep_api_token(store, account, name, secret, [kind], subject)
            print(f"{name}: {'valid' if lives else 'revoked, and stays so; put another token into its file'}")
    finally:
        store.close()
    if login is None:
        print("nothing else to do")
    else:
        print(f"made {login.email}" + ("" if login.password is None else f" with the password {login.password}"))


def _monitor(text: str) -> tuple[str, str]:
    name, _, url = text.partition("=")
    if not name or not url.startswith(("http://", "https://")):
        raise ConfigurationError("--monitor", text, "NAME=URL")
    return name, url


def _token(text: str) -> tuple[str, str | None, str]:
    whose, _, path = text.partition("=")
    kind, _, subject = whose.partition(":")
    if kind not in KINDS or not path:
        raise ConfigurationError("--token", text, f"KIND[:SUBJECT]=FILE with a kind of {', '.join(KINDS)}")
    try:
        return kind, subject or None, Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("--token", text, f"a readable file ({error})") from error
