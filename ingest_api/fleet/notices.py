"""Notices: what plugins want people to read, from check-ins into the signals."""

from __future__ import annotations

from vedette.events.codec import encode_json
from vedette.events.fleet import CheckIn
from vedette.events.signals import Signal
from vedette.events.topics import SIGNALS
from vedette.log import Log, Message
from vedette.store.pool import Store

OLDEST_MS = 30 * 86_400_000
"""No notice is taken for older than this."""
_PATIENCE_S = 10.0


def tell_notices(_store: Store, log: Log, account: int, found: CheckIn, now_ms: int) -> None:
    """Put each notice into the log; blocks until they are there.

    Raises `Unavailable` or `TimeoutError`: then the check-in fails, the agent keeps the notices, and sends them again.
    One that comes twice is one alert, for its identity follows from what was said and when.
    """
    signals = notices(account, found, now_ms)
    if signals:
        messages = [Message(f"{account}/{signal.subject}".encode(), encode_json(signal)) for signal in signals]
        log.produce(SIGNALS.name, messages).result(_PATIENCE_S)


def notices(account: int, found: CheckIn, now_ms: int) -> list[Signal]:
    """The notices in a check-in that came at `now_ms`, in the order of the plugins.

    A host's clock may be off: a notice is as old as that clock says, counted back from now, and never of the future.
    """
    return [
        Signal(
            "notice",
            account,
            f"plugin:{found.source}/{plugin.name}",
            now_ms - min(max(0, found.clock_ms - alert.at_ms), OLDEST_MS),
            detail={"title": alert.subject, "body": alert.body, "said_ms": alert.at_ms},
        )
        for plugin in found.plugins
        for alert in plugin.alerts
    ]
