"""Alert transitions for tests of alerts and their outbox."""

from __future__ import annotations

from vedette.events.names import hash64
from vedette.events.signals import AlertState, AlertTransition
from vedette.store import accounts, alerts
from vedette.store.pool import Store

T0 = 1_700_000_000_000


def transition(
    state: AlertState = "firing", *, episode: int = 1, at: int = T0, account: int = 1, rule: int = 1
) -> AlertTransition:
    alert = hash64("alert", rule, "s", episode)
    return AlertTransition(
        hash64("transition", alert, state), alert, account, rule, "Endpoint down", "monitor:1@x", state, at,
        "shop is down", 1.5, {"failures": 2},
    )  # fmt: skip


def episode(number: int = 1, **fields: int) -> list[AlertTransition]:
    """Start and end."""
    return [
        transition("firing", episode=number, at=T0 + number, **fields),
        transition("resolved", episode=number, at=T0 + number + 1, **fields),
    ]


def add_channels(store: Store, *names: str) -> list[int]:
    account = accounts.ensure_account(store, "default")
    return [alerts.add_channel(store, account, name, "webhook", {"url": f"http://{name}/"}) for name in names]
