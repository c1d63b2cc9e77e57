"""Orders of realtime sessions: what a session asks of its hosts' agents."""

from __future__ import annotations

from collections.abc import Sequence

from ingest_api.fleet.merging import merge
from vedette.auth.tokens import PublishGrant, publish_token
from vedette.events.fleet import RealtimeOrder
from vedette.store import realtime, roles
from vedette.store.pool import Store

PHASES, PHASE_MS = 10, 100


def order(session: realtime.Session, source: str, key: bytes, *, archive: bool = False) -> RealtimeOrder:
    """What one host is told: to stream until the session's end, with a token that is good for that alone.

    The ticks of different sessions lie at different tenths of the second, so that their viewers are not all served at
    once; those of one session lie together. With `archive` the frames are kept.
    """
    grant = PublishGrant(session.account, session.session, source, archive)
    token = publish_token(grant, session.until_ms, key)
    phase_ms = int(session.session[:8], 16) % PHASES * PHASE_MS
    return RealtimeOrder(
        session.account,
        source,
        session.session,
        token,
        session.until_ms,
        session.groups,
        session.plugins,
        phase_ms,
    )


def orders_for(store: Store, account: int, source: str, now_ms: int, key: bytes) -> list[RealtimeOrder]:
    """What a host should be streaming now."""
    live = [session for session in realtime.live(store, account, source) if session.until_ms > now_ms]
    if not live:
        return []
    archive = source in archived(store, account, [source])
    return [order(session, source, key, archive=archive) for session in live]


def archived(store: Store, account: int, sources: Sequence[str]) -> set[str]:
    """The hosts whose frames are kept: by what their account, their roles or they themselves say of
    `realtime_archive`."""
    found = roles.layers_of(store, account, sources)
    return {source for source, layers in found.items() if merge(layers).get("realtime_archive") is True}
