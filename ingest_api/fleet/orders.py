"""Orders to agents: sent over the log, so that whichever gateway an agent follows hands them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ingest_api.fleet.notices import tell_notices
from ingest_api.realtime.ordering import orders_for
from vedette.errors import Unavailable
from vedette.events.fleet import CheckIn, ConfigOrder, Order, encode_order
from vedette.events.topics import CONTROL
from vedette.log import Log, Message
from vedette.store.pool import Store
from vedette.telemetry import get_logger

Lasting = Callable[[Store, int, str, int, bytes], Sequence[Order]]
"""The orders of one kind that a source (account, name) should follow at a time (ms UTC), whether it was told or not.
The bytes are the gateway's signing key.

They go out with the answer to each check-in, since a stream may have missed them. An agent follows each once.
"""

LASTING: tuple[Lasting, ...] = (orders_for,)
"""One entry for each kind of order that lasts."""

Heard = Callable[[Store, Log, int, CheckIn, int], None]
"""What else becomes of an account's check-in at a time (ms UTC), such as the alerts of its plugins. May block."""

HEARD: tuple[Heard, ...] = (tell_notices,)
"""One entry for each. One that raises costs the check-in, which then comes again: it must bear that."""

_PATIENCE_S = 10.0


def send_orders(log: Log, orders: Sequence[Order]) -> None:
    """Put `orders` into the log; blocks until they are there. Raises `Unavailable` if the log does not take them."""
    messages = [Message(order.source.encode(), encode_order(order)) for order in orders]
    if messages:
        log.produce(CONTROL.name, messages).result(_PATIENCE_S)


def tell_changed(log: Log, account: int, sources: Iterable[str]) -> None:
    """Let these hosts check in now; if the log is away, they learn it with their next check-in."""
    try:
        send_orders(log, [ConfigOrder(account, source) for source in sources])
    except (Unavailable, TimeoutError) as error:
        get_logger("fleet").warning("agents_not_told", error=str(error))


def lasting(store: Store, account: int, source: str, now_ms: int, key: bytes) -> list[Order]:
    """All orders that a source should be following now."""
    return [order for orders in LASTING for order in orders(store, account, source, now_ms, key)]
