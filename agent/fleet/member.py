"""The member: one agent's part in the fleet, put together from its pieces and the parts of the agent that it steers."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.cadence import Cadence
from agent.fleet.checkin import CheckIns, Self
from agent.fleet.configuration import Configuration, Part, plugin_part
from agent.fleet.control import OrderFollower
from agent.fleet.facts import read_facts
from agent.fleet.fingerprint import boot, fingerprint
from agent.fleet.holding import HeldTransport
from agent.fleet.hooks import Hooks
from agent.fleet.identity import Identity, read_identity
from agent.fleet.jumps import Jumps, read_boottime
from agent.fleet.status import Status
from agent.reporter import Reporter
from agent.rounds import LONGEST_ROUND_S, Rounds
from vedette.clock import Clock
from vedette.delivery import HttpTransport, Sender
from vedette.errors import ConfigurationError, InvalidInput
from vedette.events.fleet import Refusal
from vedette.telemetry import get_logger

if TYPE_CHECKING:
    from vedette.settings import AgentSettings

_LEAST_S, _MOST_S = 1.0, 3600.0


@dataclass(frozen=True, slots=True)
class Works:
    """What the configuration and the orders work on."""

    rounds: Rounds
    reporter: Reporter
    cadence: Cadence
    sender: Sender
    held: HeldTransport


class Member:
    """Restores what was configured, reports unless it must stand down, checks in and follows orders."""

    def __init__(
        self,
        settings: AgentSettings,
        epoch: int,
        transport: HttpTransport,
        works: Works,
        hooks: Hooks,
        clock: Clock,
        rng: random.Random,
        boottime: Callable[[], float] = read_boottime,
    ) -> None:
        self._settings, self._transport, self._works, self._hooks = settings, transport, works, hooks
        self._token = settings.token.get_secret_value() if settings.token is not None else ""
        root = settings.host_root
        self._configuration = Configuration(settings.spool, {**own_parts(works, settings), **_given(hooks)})
        boot_ms = clock.now_ms() - round(boottime() * 1000)
        self._checkins = CheckIns(
            transport.client,
            Self(settings.source, epoch, fingerprint(root), boot(root), max(0, boot_ms)),
            clock,
            rng,
            configuration=self._configuration,
            hooks=hooks,
            status=Status(settings.spool, settings.source, clock),
            jumps=Jumps(clock, boottime),
            facts=partial(read_facts, root),
            hold=self._hold,
            renewed=self._renewed,
        )
        self._control = OrderFollower(
            transport.client,
            settings.source,
            clock,
            rng,
            ordered=self._checkins.follow,
            followed=self._checkins.ask,
        )

    def restore(self) -> None:
        """Be configured as before the last end, and judge by the key that this host was enrolled with."""
        identity = self._identity()
        if identity is not None and identity.token == self._token:
            self._hooks.pin(identity.plugin_key)
        self._configuration.restore()

    def work(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What runs beside the reports, for ever."""
        return self._checkins.run(), self._control.run()

    def tell(self) -> None:
        """Let the gateway hear soon what plugins have to say."""
        self._checkins.tell()

    async def report(self, late_ms: float) -> None:
        """Report, unless another machine has this identity."""
        self._checkins.look()
        if not self._works.held.held:
            await self._works.reporter.report(late_ms)

    def _hold(self, down: bool) -> None:
        if self._works.held.held and not down:
            self._works.sender.wake()
        self._works.held.held = down

    def _renewed(self) -> bool:
        """Whether this host was enrolled again meanwhile: then its new token is used from now on."""
        identity = self._identity()
        if identity is None or identity.token == self._token:
            return False
        if (identity.source, identity.url) != (self._settings.source, self._settings.url):
            get_logger("fleet").error(
                "enrolled_elsewhere", source=identity.source, url=identity.url, reason="restart me"
            )
            return False
        self._token = identity.token
        self._transport.use_token(identity.token)
        self._hooks.pin(identity.plugin_key)
        return True

    def _identity(self) -> Identity | None:
        try:
            return read_identity(self._settings.spool)
        except ConfigurationError as error:
            get_logger("fleet").error("identity_unreadable", error=str(error))
            return None


def _given(hooks: Hooks) -> dict[str, Part]:
    return {"plugins": plugin_part(hooks.assign), **hooks.parts}


def own_parts(works: Works, settings: AgentSettings) -> dict[str, Part]:
    """The parts that concern the reports themselves."""

    def interval(value: float | None) -> None:
        seconds = settings.interval_s if value is None else value
        if not _LEAST_S <= seconds <= _MOST_S:
            raise InvalidInput("interval_s", value, f"seconds from {_LEAST_S:g} to {_MOST_S:g}")
        works.rounds.limit(min(seconds, LONGEST_ROUND_S))
        works.reporter.report_each(seconds)
        works.cadence.change(seconds)

    def collectors(value: dict[str, bool] | None) -> list[Refusal]:
        chosen = value or {}
        known = set(works.rounds.names)
        works.rounds.leave_out(frozenset(name for name, on in chosen.items() if not on and name in known))
        allowed = ", ".join(works.rounds.names)
        return [
            Refusal(f"collectors[{name}]"[:300], f"this agent has no such collector; it has {allowed}")
            for name in chosen
            if name not in known
        ]

    return {"interval_s": Part(float, interval), "collectors": Part(dict[str, bool], collectors)}
