"""Agents: each as it last checked in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from vedette.errors import NotFound
from vedette.events.fleet import CheckIn
from vedette.store.pool import Jsonb, Store

_COLUMNS = (
    "source, fingerprint, version, epoch, boot_ms, clock_offset_ms, slept_ms, config_version, facts, plugins,"
    " refused, machines, signalled, (extract(epoch FROM enrolled_at) * 1000)::bigint AS enrolled_ms,"
    " (extract(epoch FROM checked_in_at) * 1000)::bigint AS checked_in_ms,"
    " (extract(epoch FROM woke_at) * 1000)::bigint AS woke_ms"
)


def agent(store: Store, account: int, source: str) -> dict[str, Any] | None:
    """The agent of a source, or None if none ever checked in or was let in."""
    return store.row(
        f"SELECT {_COLUMNS} FROM agents WHERE account_id = %s AND source = %s",  # noqa: S608 - a constant
        account,
        source,
    )


def agents(store: Store, account: int) -> list[dict[str, Any]]:
    """All agents of an account, by source."""
    return store.rows(f"SELECT {_COLUMNS} FROM agents WHERE account_id = %s ORDER BY source", account)  # noqa: S608 - a constant


def check_in(
    store: Store,
    account: int,
    found: CheckIn,
    now_ms: int,
    judge: Callable[[dict[str, Any]], tuple[list[dict[str, Any]], bool]],
) -> dict[str, Any]:
    """Write what an agent says of itself; its row as it is then.

    `judge` is given the row as it was, locked, and says which machines have been seen under the identity by now, and
    whether this one goes on: of one that does not, nothing else is written.
    """
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO agents (account_id, source) VALUES (%s, %s) ON CONFLICT DO NOTHING", (account, found.source)
        )
        before = connection.execute(
            f"SELECT {_COLUMNS} FROM agents WHERE account_id = %s AND source = %s FOR UPDATE".encode(),  # noqa: S608 - a constant
            (account, found.source),
        ).fetchone()
        assert before is not None
        machines, goes_on = judge(before)
        connection.execute(
            "UPDATE agents SET machines = %s WHERE account_id = %s AND source = %s",
            (Jsonb(machines), account, found.source),
        )
        if goes_on:
            connection.execute(
                "UPDATE agents SET version = %(version)s, epoch = %(epoch)s, boot_ms = %(boot_ms)s,"
                " checked_in_at = to_timestamp(%(now)s / 1000.0), clock_offset_ms = %(offset)s,"
                " config_version = %(config)s, facts = coalesce(%(facts)s, facts), plugins = %(plugins)s,"
                " refused = %(refused)s,"
                # Where nobody was let in, the fingerprint is that of whoever reports.
                " fingerprint = CASE WHEN enrolled_at IS NULL THEN %(fingerprint)s ELSE fingerprint END,"
                " slept_ms = CASE WHEN %(slept)s > 0 THEN %(slept)s ELSE slept_ms END,"
                " woke_at = CASE WHEN %(slept)s > 0 THEN to_timestamp(%(now)s / 1000.0) ELSE woke_at END"
                " WHERE account_id = %(account)s AND source = %(source)s",
                {
                    "version": found.version,
                    "epoch": found.epoch,
                    "boot_ms": found.boot_ms,
                    "now": now_ms,
                    "offset": found.clock_ms - now_ms,
                    "config": found.config_version,
                    "facts": None if found.facts is None else Jsonb(found.facts),
                    "plugins": Jsonb(msgspec.to_builtins(found.plugins)),
                    "refused": Jsonb(msgspec.to_builtins(found.refused)),
                    "fingerprint": found.fingerprint,
                    "slept": found.slept_ms,
                    "account": account,
                    "source": found.source,
                },
            )
        after = connection.execute(
            f"SELECT {_COLUMNS} FROM agents WHERE account_id = %s AND source = %s".encode(),  # noqa: S608 - a constant
            (account, found.source),
        ).fetchone()
    assert after is not None
    return after


def set_signalled(store: Store, account: int, source: str, states: dict[str, str]) -> None:
    """Remember what receivers of signals were told last of this host."""
    store.execute(
        "UPDATE agents SET signalled = %s WHERE account_id = %s AND source = %s", Jsonb(states), account, source
    )


def forget(store: Store, account: int, source: str) -> None:
    """Forget an agent and end its token; its history stays, and its name is free."""
    with store.transaction() as connection:
        row = connection.execute(
            "DELETE FROM agents WHERE account_id = %s AND source = %s RETURNING token_id", (account, source)
        ).fetchone()
        if row is None:
            raise NotFound(f"there is no agent of {source!r}")
        connection.execute("UPDATE api_tokens SET revoked_at = now() WHERE id = %s", (row["token_id"],))
