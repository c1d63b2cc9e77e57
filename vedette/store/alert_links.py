"""Alert links: tokens in messages with which alerts are acknowledged, once, without signing in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from vedette.errors import Conflict, NotFound
from vedette.store import hands
from vedette.store.pool import Store

VALID_DAYS = 7
_BYTES = 16
"""128 bits of chance: nobody guesses it. In hexadecimal, which no receiver's markup touches."""
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Link:
    """Where a token leads: the alerts as they are now, and whether it was used."""

    account: int
    channel: str
    alerts: list[dict[str, Any]]
    used: bool

    @property
    def open(self) -> list[dict[str, Any]]:
        """Those that still fire and that nobody has taken up."""
        return [one for one in self.alerts if one["state"] == "firing" and one["acknowledged_by"] is None]


def make(store: Store, alerts: Sequence[int], channel: int) -> str | None:
    """A token for alerts that a channel is told of; None if nothing of them is there."""
    token = secrets.token_hex(_BYTES)
    made = store.execute(
        "INSERT INTO alert_links (hash, account_id, channel_id, alerts, expires_at)"
        " SELECT %s, account_id, %s, array_agg(id), now() + make_interval(days => %s) FROM alerts"
        " WHERE id = ANY(%s) GROUP BY account_id",
        _hash(token),
        channel,
        VALID_DAYS,
        list(alerts),
    )
    return token if made else None


def find(store: Store, token: str) -> Link:
    """Where it leads; `NotFound` if nowhere, or no longer."""
    row = None
    if _TOKEN.fullmatch(token):
        row = store.row(
            "SELECT l.account_id, l.alerts, l.used_at, c.name AS channel FROM alert_links l"
            " JOIN channels c ON c.id = l.channel_id WHERE l.hash = %s AND l.expires_at > now()",
            _hash(token),
        )
    if row is None:
        raise NotFound("this link leads nowhere, or is too old")
    rows = store.rows(
        "SELECT id, title, state, acknowledged_by, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms"
        " FROM alerts WHERE id = ANY(%s) AND account_id = %s ORDER BY started_at, id",
        row["alerts"],
        row["account_id"],
    )
    return Link(row["account_id"], row["channel"], rows, row["used_at"] is not None)


def acknowledge(store: Store, token: str) -> int:
    """Acknowledge what the link is about, in the name of its channel; how many. `Conflict` if it was used before.

    Whoever has taken one up meanwhile keeps it.
    """
    link = find(store, token)
    if link.used:
        raise Conflict("this link was used before")
    done = 0
    for one in link.open:
        with suppress(Conflict, NotFound):  # over, or taken up, a moment ago
            hands.acknowledge(store, link.account, one["id"], f"link to {link.channel}")
            done += 1
    # Last: who is cut off in between can use it again.
    store.execute("UPDATE alert_links SET used_at = now() WHERE hash = %s", _hash(token))
    return done


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
