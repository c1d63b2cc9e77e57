"""Hooks: what the fleet hands to the other parts of the agent, and what it asks of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.fleet.configuration import Part
from vedette.events.fleet import PluginState, RealtimeEnd, RealtimeOrder, Refusal
from vedette.events.plugins import PluginSpec
from vedette.telemetry import get_logger


def no_plugins(specs: Sequence[PluginSpec]) -> list[Refusal]:
    """Refuse all: this agent runs none."""
    return [Refusal(f"plugins[{spec.name}]", "this agent runs no plugins") for spec in specs]


def not_followed(order: RealtimeOrder | RealtimeEnd) -> None:
    """Say that nobody follows the order."""
    get_logger("fleet").warning("order_not_followed", order=type(order).__name__, session=order.session)


def not_pinned(key: str | None) -> None:
    """Nobody judges code by it."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Called on the agent's event loop; none may block.

    `assign` gets all plugins that this host should run, whenever they may have changed, and returns those it refuses.
    `states` gives their states for a check-in, and `told` is called with the same once the gateway has them (an alert
    that was told need not be told again; one may be told twice). `ordered` gets orders for realtime sessions: the same
    order may come again. `parts` are further fields of the configuration. `pin` gets the key of the account's plugin
    code as it was given at enrolment, before anything is assigned, and again when this host was enrolled anew.
    """

    assign: Callable[[list[PluginSpec]], Sequence[Refusal] | None] = no_plugins
    states: Callable[[], list[PluginState]] = list
    told: Callable[[list[PluginState]], None] = lambda states: None
    ordered: Callable[[RealtimeOrder | RealtimeEnd], None] = not_followed
    parts: Mapping[str, Part] = field(default_factory=dict)
    pin: Callable[[str | None], None] = not_pinned
