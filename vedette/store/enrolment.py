"""Enrolment: the one-time tokens that let hosts in, and the letting in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vedette.auth.tokens import new_api_token, new_enrolment_token, token_hash
from vedette.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from vedette.events.fleet import Enrolled, Enrolment
from vedette.store.pool import Connection, Jsonb, Store

_MS = "(extract(epoch FROM {0}) * 1000)::bigint AS {1}"
_COLUMNS = (
    "id, roles, source, allow_reclaim, uses, used,"
    f" {_MS.format('created_at', 'created_ms')}, {_MS.format('expires_at', 'expires_ms')}"
)
_FIND = (
    f"SELECT account_id, revoked_at, {_COLUMNS} FROM enrolment_tokens WHERE token_hash = %s FOR UPDATE"  # noqa: S608 - a constant
).encode()


@dataclass(frozen=True, slots=True)
class EnrolmentSpec:
    """What a token allows: how many hosts, for how many seconds, with which roles, and under which name (None: any).

    `allow_reclaim`: it may also take over a name from another machine. One that is made for a name always may.
    """

    roles: tuple[str, ...] = ()
    uses: int = 1
    ttl_s: int = 3600
    source: str | None = None
    allow_reclaim: bool = False


def add_enrolment_token(store: Store, account: int, spec: EnrolmentSpec, now_ms: int) -> dict[str, Any]:
    """Make one: `id`, `expires_ms`, and the `token`, which is seen this once. `InvalidInput` for an unknown role."""
    known = {row["name"] for row in store.rows("SELECT name FROM roles WHERE account_id = %s", account)}
    for number, role in enumerate(spec.roles):
        if role not in known:
            raise InvalidInput(f"roles[{number}]", role, "a role of this account")
    token, expires_ms = new_enrolment_token(), now_ms + spec.ttl_s * 1000
    row = store.row(
        "INSERT INTO enrolment_tokens"
        " (account_id, token_hash, roles, source, allow_reclaim, uses, created_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0)) RETURNING id",
        account,
        token_hash(token),
        list(spec.roles),
        spec.source,
        spec.allow_reclaim,
        spec.uses,
        now_ms,
        expires_ms,
    )
    assert row is not None
    return {"id": row["id"], "token": token, "expires_ms": expires_ms}


def enrolment_tokens(store: Store, account: int, now_ms: int) -> list[dict[str, Any]]:
    """Those that still let somebody in, without secrets."""
    return store.rows(
        f"SELECT {_COLUMNS} FROM enrolment_tokens WHERE account_id = %s AND revoked_at IS NULL"  # noqa: S608 - a constant
        " AND used < uses AND expires_at > to_timestamp(%s / 1000.0) ORDER BY id",
        account,
        now_ms,
    )


def revoke_enrolment_token(store: Store, account: int, token: int, now_ms: int) -> None:
    """End a token; hosts that it has let in stay in."""
    if not store.execute(
        "UPDATE enrolment_tokens SET revoked_at = to_timestamp(%s / 1000.0)"
        " WHERE id = %s AND account_id = %s AND revoked_at IS NULL",
        now_ms,
        token,
        account,
    ):
        raise NotFound(f"enrolment token {token} does not exist")


def enrol(store: Store, request: Enrolment, now_ms: int) -> Enrolled:
    """Let a host in: it gets an API token of its own, bound to its name, and any that it had before ends.

    The same machine may ask again with the same token under the same name, until it has checked in: the answer may have
    been lost. That costs no use. Raises `NotAuthenticated` for a token that is unknown, revoked, over or used up,
    `InvalidInput` for another name than the token's, `Conflict` if the name is another machine's.
    """
    with store.transaction() as connection:
        row = connection.execute(
            _FIND,
            (token_hash(request.token),),
        ).fetchone()
        if row is None:
            raise NotAuthenticated("the enrolment token is not known; `vedette agent token` makes one")
        account = int(row["account_id"])
        agent = _agent(connection, account, request.source)
        again = not agent["seen"] and (agent["enrolment_id"], agent["fingerprint"]) == (row["id"], request.fingerprint)
        _check_token(row, request, again, now_ms)
        _check_name(row, request, agent)
        if not again:
            connection.execute("UPDATE enrolment_tokens SET used = used + 1 WHERE id = %s", (row["id"],))
        token = _new_token(connection, account, request.source, agent["token_id"])
        _write(connection, account, row, request, token[0], now_ms)
        key = connection.execute("SELECT plugin_key FROM accounts WHERE id = %s", (account,)).fetchone()
    return Enrolled(request.source, token[1], account, None if key is None else key["plugin_key"])


def _agent(connection: Connection, account: int, source: str) -> dict[str, Any]:
    """The agent's row, locked; made if there was none, so that of two hosts that want a new name one waits."""
    connection.execute(
        "INSERT INTO agents (account_id, source) VALUES (%s, %s) ON CONFLICT DO NOTHING", (account, source)
    )
    row = connection.execute(
        "SELECT fingerprint, enrolment_id, token_id, checked_in_at >= enrolled_at AS seen FROM agents"
        " WHERE account_id = %s AND source = %s FOR UPDATE",
        (account, source),
    ).fetchone()
    assert row is not None
    return row


def _check_token(row: dict[str, Any], request: Enrolment, again: bool, now_ms: int) -> None:
    if row["revoked_at"] is not None:
        raise NotAuthenticated("the enrolment token was revoked; `vedette agent token` makes another")
    if row["expires_ms"] <= now_ms:
        raise NotAuthenticated("the enrolment token has expired; `vedette agent token` makes another")
    if row["used"] >= row["uses"] and not again:
        raise NotAuthenticated(f"the enrolment token is used up ({row['used']} of {row['uses']} hosts were let in)")
    if row["source"] not in {None, request.source}:
        raise InvalidInput("source", request.source, f"{row['source']!r}, the name that this token was made for")


def _check_name(row: dict[str, Any], request: Enrolment, agent: dict[str, Any]) -> None:
    if agent["fingerprint"] in {"", request.fingerprint}:
        return
    name = request.source
    if not request.reclaim:
        raise Conflict(
            f"the source {name!r} belongs to another machine; give this host another name (--source), or take the name"
            " over with its history: `vedette agent enrol --reclaim` with a token that was made for it"
            f" (`vedette agent token --source {name}`)"
        )
    if row["source"] is None and not row["allow_reclaim"]:
        raise Conflict(
            f"this token may not take over the source {name!r} from another machine; allowed: a token made with"
            f" `vedette agent token --source {name}` or `--allow-reclaim`"
        )


def _new_token(connection: Connection, account: int, source: str, before: int | None) -> tuple[int, str]:
    """Identity and secret of a new token; the one that the agent had `before` ends."""
    if before is not None:
        connection.execute("UPDATE api_tokens SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL", (before,))
    token = new_api_token()
    row = connection.execute(
        "INSERT INTO api_tokens (account_id, name, token_hash, scopes, subject)"
        " VALUES (%s, %s, %s, %s, %s) RETURNING id",
        (account, f"agent {source}"[:200], token_hash(token), ["agent"], source),
    ).fetchone()
    assert row is not None
    return int(row["id"]), token


def _write(
    connection: Connection, account: int, row: dict[str, Any], request: Enrolment, token: int, now_ms: int
) -> None:
    connection.execute(
        "UPDATE agents SET fingerprint = %s, enrolled_at = to_timestamp(%s / 1000.0), enrolment_id = %s, token_id = %s,"
        " version = %s, facts = %s, machines = '[]' WHERE account_id = %s AND source = %s",
        (
            request.fingerprint,
            now_ms,
            row["id"],
            token,
            request.version,
            Jsonb(request.facts),
            account,
            request.source,
        ),
    )
    connection.execute(
        "INSERT INTO source_roles (account_id, source, role) SELECT account_id, %s, name FROM roles"
        " WHERE account_id = %s AND name = ANY(%s) ON CONFLICT DO NOTHING",
        (request.source, account, row["roles"]),
    )
