"""The agent: `vedette agent` runs it; its commands let a host in and say how it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vedette.errors import InvalidInput

app = typer.Typer(invoke_without_command=True, help="The host agent: run it, or let a host in.")


@app.callback()
def agent(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="the gateway; or VEDETTE_URL")] = None,
    source: Annotated[str | None, typer.Option(help="this host's name; or VEDETTE_SOURCE")] = None,
    interval: Annotated[float | None, typer.Option(help="seconds between reports; or VEDETTE_INTERVAL_S")] = None,
    transport: Annotated[str | None, typer.Option(help="http or log; or VEDETTE_TRANSPORT")] = None,
) -> None:
    """Run the host agent. Its token is that of `vedette agent enrol`, or VEDETTE_TOKEN (or VEDETTE_TOKEN_FILE)."""
    if context.invoked_subcommand is not None:
        return
    from agent.main import main
    from vedette.settings import AgentSettings
    from vedette.telemetry import configure_logs, get_logger

    settings = AgentSettings.load(url=url, source=source, interval_s=interval, transport=transport)
    configure_logs(settings.log_level, settings.log_format)
    get_logger("agent").info("started")
    main(settings)


@app.command()
def enrol(
    url: Annotated[str | None, typer.Option(help="the gateway; or VEDETTE_URL")] = None,
    token: Annotated[str | None, typer.Option(help="what `vedette agent token` printed")] = None,
    token_file: Annotated[Path | None, typer.Option(help="a file that holds it: other users cannot see it")] = None,
    source: Annotated[str | None, typer.Option(help="the name to report under; or VEDETTE_SOURCE")] = None,
    reclaim: Annotated[bool, typer.Option("--reclaim", help="take the name over, history and all")] = False,
) -> None:
    """Let this host in with a one-time token. `vedette agent` needs no token afterwards.

    An agent that runs already takes the new token up by itself when its old one is refused.
    """
    from agent.fleet.enrolling import enrol as ask
    from agent.fleet.identity import read_identity
    from vedette.settings import AgentSettings

    settings = AgentSettings.load(url=url, source=source)
    before = read_identity(settings.spool)
    if before is not None and "source" not in settings.model_fields_set:
        settings = settings.model_copy(update={"source": before.source})
    if before is not None and "url" not in settings.model_fields_set:
        settings = settings.model_copy(update={"url": before.url})
    path = ask(settings, _given(token, token_file), reclaim=reclaim)
    print(f"{settings.source} may report to {settings.url}; its identity is in {path}")


def _given(token: str | None, file: Path | None) -> str:
    if (token is None) == (file is None):
        raise InvalidInput("token", "***" if token else None, "either --token or --token-file")
    if file is None:
        return str(token).strip()
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("token_file", str(file), f"a file with a token ({error})") from error


@app.command()
def status() -> None:
    """Say how this host's agent stands with its gateway."""
    from agent.fleet.status import read_status
    from vedette.errors import NotFound
    from vedette.settings import AgentSettings

    folder = AgentSettings.load().spool
    found = read_status(folder)
    if found is None:
        raise NotFound(f"no agent has run with the spool {folder} (VEDETTE_SPOOL)")
    lines = [f"{found.source}: {found.state} since {_when(found.since_ms)}"]
    if found.reason:
        lines.append(f"  {found.reason}")
    if found.checked_in_ms:
        lines.append(f"  checked in {_when(found.checked_in_ms)}, clock off by {found.clock_offset_ms / 1000:.1f} s")
    lines += [f"  refused of its configuration: {refusal.part}: {refusal.reason}" for refusal in found.refused]
    print("\n".join(lines))


def _when(ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@app.command("token")
def make_token(
    role: Annotated[list[str], typer.Option(help="a role the host gets; may be repeated")] = [],  # noqa: B006 - typer copies it
    uses: Annotated[int, typer.Option(help="how many hosts it lets in")] = 1,
    ttl: Annotated[int, typer.Option(help="seconds until it is over")] = 3600,
    source: Annotated[
        str | None, typer.Option(help="the one name it is good for, also in place of another host")
    ] = None,
    allow_reclaim: Annotated[bool, typer.Option("--allow-reclaim", help="it may take any name over")] = False,
) -> None:
    """Make a token that lets hosts in, and print it, this once."""
    from launch.client import gateway

    body: dict[str, Any] = {"roles": role, "uses": uses, "ttl_s": ttl, "allow_reclaim": allow_reclaim}
    if source is not None:
        body["source"] = source
    print(gateway().call("POST", "/v1/agents/enrolment-tokens", body=body)["token"])


@app.command("tokens")
def list_tokens() -> None:
    """List the tokens that still let hosts in, without secrets."""
    from launch.client import gateway
    from launch.commands.tables import show

    rows = gateway().call("GET", "/v1/agents/enrolment-tokens")["tokens"]
    for row in rows:
        row["expires"] = _when(row["expires_ms"])
    show("enrolment tokens", rows, "id", "roles", "source", "used", "uses", "expires")


@app.command()
def revoke(token: int) -> None:
    """End an enrolment token; hosts that it has let in stay in."""
    from launch.client import gateway

    gateway().call("DELETE", f"/v1/agents/enrolment-tokens/{token}")
