"""What rules may choose by and a signal in the log does not say: who its subject is now."""

from __future__ import annotations

from collections.abc import Callable

from vedette.events.signals import READ, Signal, SignalKind

OF_HOSTS: frozenset[SignalKind] = READ | {"host", "clone", "clock", "notice"}


def describe(
    signal: Signal,
    tags_of: Callable[[int], tuple[str, str]],
    roles_of: Callable[[Signal], str],
    *,
    names: bool = True,
) -> None:
    """Note in the signal's detail `labels` and `name` of its monitor (the name not always, without `names`), or `roles`
    of its host, separated by blanks."""
    monitor = signal.detail.get("monitor")
    if isinstance(monitor, int):
        name, labels = tags_of(monitor)
        if labels:
            signal.detail["labels"] = labels
        if signal.kind == "series" or names:
            signal.detail["name"] = name
    elif signal.kind in OF_HOSTS and (roles := roles_of(signal)):
        signal.detail["roles"] = roles
