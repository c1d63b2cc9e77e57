"""Alert links: tokens in messages with which something is done about alerts, once, without signing in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from vedette.errors import Conflict, NotFound
from vedette.events.signals import AlertTransition
from vedette.store import deeds
from vedette.store.contention import tried_again
from vedette.store.pool import Connection, Store

VALID_DAYS = 7
_BYTES = 16
"""128 bits of chance: nobody guesses it. In hexadecimal, which no receiver's markup touches."""
_TOKEN = re.compile(r"[0-9a-f]{32}")
_NOWHERE = "this link leads nowhere, or is too old"
_ZONES = (
    "SELECT config->>'zone', CASE WHEN jsonb_path_exists(config, '$.rotation[*] ? (@ == $n)',"
    " jsonb_build_object('n', l.channel_id)) THEN 0 ELSE 2 END FROM schedules WHERE account_id = l.account_id"
    " UNION ALL SELECT config->>'zone', 1 FROM reports WHERE account_id = l.account_id"
    " AND jsonb_path_exists(config, '$.channels[*] ? (@ == $n)', jsonb_build_object('n', l.channel_id))"
)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a token leads: the alerts as they are now, and whether it was used."""

    account: int
    channel: str
    alerts: list[dict[str, Any]]
    used: bool
    zone: str
    """Where it is told: the zone of the schedule or report that names the channel, else of any schedule, else UTC."""

    @property
    def firing(self) -> list[dict[str, Any]]:
        """Those that still fire."""
        return [one for one in self.alerts if one["state"] == "firing"]

    @property
    def open(self) -> list[dict[str, Any]]:
        """Those of them that nobody has taken up."""
        return [one for one in self.firing if one["acknowledged_by"] is None]


Deed = Callable[[Connection, int, int, str], AlertTransition]
"""What is done about one alert: asked with account, alert, and who does it."""


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
            "SELECT l.account_id, l.alerts, l.used_at, c.name AS channel, coalesce(("  # noqa: S608 - constants
            f"SELECT zone FROM ({_ZONES}) z (zone, rank) WHERE zone IS NOT NULL ORDER BY rank LIMIT 1), 'UTC') AS zone"
            " FROM alert_links l JOIN channels c ON c.id = l.channel_id WHERE l.hash = %s AND l.expires_at > now()",
            _hash(token),
        )
    if row is None:
        raise NotFound(_NOWHERE)
    rows = store.rows(
        "SELECT id, title, state, acknowledged_by, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM snoozed_until) * 1000)::bigint AS snoozed_until_ms"
        " FROM alerts WHERE id = ANY(%s) AND account_id = %s ORDER BY started_at, id",
        row["alerts"],
        row["account_id"],
    )
    return Link(row["account_id"], row["channel"], rows, row["used_at"] is not None, row["zone"])


@tried_again
def act(store: Store, token: str, deed: Deed) -> list[AlertTransition]:
    """Do something about each alert of the link in the name of its channel, and use the link up, in one transaction.

    Alerts for which it makes no sense any more are left as they are; if it makes none for any of them, the link is as
    it was. `NotFound` if it leads nowhere; `Conflict` if it was used before, of two at a time for one of them.
    """
    with store.transaction() as connection:
        link = None
        if _TOKEN.fullmatch(token):
            link = connection.execute(
                "SELECT l.account_id, l.alerts, l.used_at, c.name AS channel FROM alert_links l"
                " JOIN channels c ON c.id = l.channel_id WHERE l.hash = %s AND l.expires_at > now() FOR UPDATE OF l",
                (_hash(token),),
            ).fetchone()
        if link is None:
            raise NotFound(_NOWHERE)
        if link["used_at"] is not None:
            raise Conflict("this link was used before")
        done = []
        for alert in sorted(link["alerts"]):  # in the order in which everybody locks
            with suppress(Conflict, NotFound):  # over, taken up, or gone
                done.append(deed(connection, link["account_id"], alert, f"link to {link['channel']}"))
        if done:
            connection.execute("UPDATE alert_links SET used_at = now() WHERE hash = %s", (_hash(token),))
    return done


def acknowledge(store: Store, token: str) -> list[AlertTransition]:
    """`act`: whoever has the link has taken up what nobody has yet."""
    return act(store, token, deeds.acknowledge)


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
