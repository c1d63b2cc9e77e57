"""The check-in: once a minute, and whenever it is asked for, the agent reports itself and learns what it should do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import msgspec

from agent.fleet.configuration import Configuration
from agent.fleet.hooks import Hooks
from agent.fleet.jumps import Jump, Jumps
from agent.fleet.status import Status
from agent.schedule import Schedule
from vedette import VERSION
from vedette.clock import Clock
from vedette.errors import InvalidInput
from vedette.events.fleet import (
    CHECKIN_S,
    CheckIn,
    CheckInAnswer,
    ConfigOrder,
    Facts,
    Order,
    PluginState,
    StandDown,
    decode_answer,
    decode_order,
)
from vedette.telemetry import get_logger

FACTS_S = 3600.0
CLOCK_OFF_MS = 60_000
FIRST_RETRY_S = 5.0
SOON_S = 10.0
"""Least time between a check-in and one that plugins' news ask for."""
MOST_STATES = 150_000
"""Bytes of what a check-in says of plugins; the gateway takes 256 KiB of all."""


@dataclass(frozen=True, slots=True)
class Self:
    """Who checks in: its reports' source and epoch, its machine, and when that started (ms UTC)."""

    source: str
    epoch: int
    fingerprint: str
    boot: str
    boot_ms: int


def within(states: list[PluginState], most: int = MOST_STATES) -> list[PluginState]:
    """As much of the states as a check-in may hold (`most` bytes): first without some alerts, then without some errors.

    What is left out comes with a later check-in, since the gateway has not been told of it.
    """
    found: list[PluginState] = []
    left = most
    for state in states:
        said = state
        if len(msgspec.json.encode(said)) > left:
            said = msgspec.structs.replace(state, alerts=[])
        if said.error is not None and len(msgspec.json.encode(said)) > left:
            said = msgspec.structs.replace(said, error="too much was said at once")
        found.append(said)
        left -= len(msgspec.json.encode(said))
    return found


class CheckIns:
    """Checks in and does what the answer says. A gateway that is away is asked again with jittered back-off.

    `hold` is called with whether this agent must stand down, `renewed` when the token was refused: it returns whether
    there is another one to try. Everything runs on one event loop.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        me: Self,
        clock: Clock,
        rng: random.Random,
        *,
        configuration: Configuration,
        hooks: Hooks,
        status: Status,
        jumps: Jumps,
        facts: Callable[[], Facts],
        hold: Callable[[bool], None],
        renewed: Callable[[], bool],
    ) -> None:
        self._client, self._me, self._clock, self._rng = client, me, clock, rng
        self._configuration, self._hooks, self._status, self._jumps = configuration, hooks, status, jumps
        self._read_facts, self._hold, self._renewed = facts, hold, renewed
        self._facts: Facts | None = None
        self._facts_at = -FACTS_S
        self._slept_ms = 0
        self._bare = False
        self._failures = 0
        self._cloned = self._clock_off = self._telling = False
        self._asked = asyncio.Event()
        self._news = self._urgent = False
        self._stepped_at = -SOON_S
        self._log = get_logger("fleet")

    def ask(self) -> None:
        """Check in now."""
        self._urgent = True
        self._asked.set()

    def tell(self) -> None:
        """Check in soon, `SOON_S` after the last check-in at the earliest: a plugin has something to say."""
        if not self._news:
            self._news = True
            self._asked.set()

    def look(self) -> None:
        """See whether the host was asleep or its clock was set; then check in at once, for the gateway missed us."""
        jump = self._jumps.look()
        if jump is not None:
            self._note(jump)
            self.ask()

    def _note(self, jump: Jump) -> None:
        if jump.slept_s:
            self._slept_ms += round(jump.slept_s * 1000)
            self._log.warning("host_slept", seconds=round(jump.slept_s))
        if jump.stepped_s:
            self._log.warning("clock_stepped", seconds=round(jump.stepped_s))

    async def run(self) -> None:
        """Check in for ever; ends by cancellation."""
        now = self._clock
        schedule = Schedule.of(f"check-in {self._me.source}", CHECKIN_S, now_ms=now.now_ms(), monotonic=now.monotonic())
        tick = -1
        while True:
            self._asked.clear()
            self._news = self._urgent = False
            await self.step()
            self._stepped_at = self._clock.monotonic()
            following = schedule.following(tick, self._clock.monotonic())
            due = schedule.deadline(following)
            if self._failures:
                wait_s = min(CHECKIN_S, FIRST_RETRY_S * 2 ** min(self._failures - 1, 8)) * self._rng.uniform(0.5, 1.0)
                due = min(due, self._clock.monotonic() + wait_s)
            await self._until(due)
            soon = min(due, self._stepped_at + (SOON_S if not self._failures else CHECKIN_S))
            if self._news and not self._urgent and self._clock.monotonic() < soon:
                self._asked.clear()
                await self._until(soon)
            tick = following if self._clock.monotonic() >= schedule.deadline(following) else tick

    async def _until(self, deadline: float) -> None:
        """Return at the deadline, or as soon as a check-in is asked for."""
        asked = asyncio.ensure_future(self._asked.wait())
        timer = asyncio.ensure_future(self._clock.sleep_until(deadline))
        try:
            await asyncio.wait({asked, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            timer.cancel()

    async def step(self) -> None:
        """Check in once. Whatever goes wrong is said in log and status, and never ends the agent."""
        try:
            await self._step()
        except httpx.HTTPError as error:
            self._failures += 1
            self._status.set("away", f"the gateway at {self._client.base_url} does not answer: {error!r}")
        except Exception as error:  # noqa: BLE001 - an agent that no longer checks in could not be helped any more
            self._failures += 1
            self._log.error("checkin_failed", error=repr(error))

    async def _step(self) -> None:
        jump = self._jumps.look()
        if jump is not None:
            self._note(jump)
        states, facts = [] if self._bare else within(self._hooks.states()), self._due_facts()
        slept_ms = self._slept_ms
        began = self._clock.now_ms()
        response = await self._client.post("/v1/agents/checkin", content=self._body(states, facts, slept_ms))
        if response.status_code != httpx.codes.OK:
            # Of a check-in that the gateway cannot take, the next one leaves out what the host's plugins have said.
            self._bare = response.status_code in {413, 422} and not self._bare
            self._failed(response)
            return
        self._bare = False
        ended = self._clock.now_ms()
        try:
            answer = decode_answer(response.content)
        except InvalidInput as error:
            self._failures += 1
            self._status.set("away", f"not the gateway's answer: {error}")
            return
        self._failures = 0
        self._slept_ms -= slept_ms
        if facts is not None:
            self._facts, self._facts_at = facts, self._clock.monotonic()
        self._hooks.told(states)
        self._take(answer, (began + ended) // 2 - answer.server_ms, ended)

    def _due_facts(self) -> Facts | None:
        if self._facts is not None and self._clock.monotonic() - self._facts_at < FACTS_S:
            return None
        return self._read_facts()

    def _body(self, states: list[PluginState], facts: Facts | None, slept_ms: int) -> bytes:
        me = self._me
        return msgspec.json.encode(
            CheckIn(
                source=me.source,
                epoch=me.epoch,
                fingerprint=me.fingerprint,
                version=VERSION,
                clock_ms=self._clock.now_ms(),
                boot=me.boot,
                boot_ms=me.boot_ms,
                slept_ms=slept_ms,
                config_version=self._configuration.version,
                facts=facts,
                plugins=states,
                refused=[] if self._bare else self._configuration.refused,
            )
        )

    def _failed(self, response: httpx.Response) -> None:
        self._failures += 1
        text = response.text[:300]
        if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            if self._renewed():
                self._log.info("token_renewed")
                self.ask()
                return
            what = "reports are kept in the spool; `vedette agent enrol` gets a new token, and then they are sent"
            self._status.set("refused", f"the gateway refused the token ({text}); {what}")
        elif response.status_code == httpx.codes.NOT_FOUND:
            self._status.set("old", "the gateway knows no check-ins; reports go on as they are")
        else:
            self._status.set("away", f"the gateway answered {response.status_code}: {text}")

    def _take(self, answer: CheckInAnswer, offset_ms: int, at_ms: int) -> None:
        orders = self._orders(answer)
        down = next((order for order in orders if isinstance(order, StandDown)), None)
        self._hold(down is not None)
        self._mind_clock(offset_ms)
        self._mind_clone(answer.clone)
        if answer.config is not None:
            self._configuration.take(answer.config_version, answer.config)
            if not self._telling:
                self.ask()  # whoever configured it is waiting for what became of it
        # Once only: gateways that do not agree on a version (one is newer) must not be asked without a pause.
        self._telling = answer.config is not None and not self._telling
        for order in orders:
            self.follow(order)
        now = self._status.now
        now.checked_in_ms, now.clock_offset_ms = at_ms, offset_ms
        now.config_version, now.refused = self._configuration.version, self._configuration.refused
        self._status.set("ok" if down is None else "down", "" if down is None else down.reason)

    def _orders(self, answer: CheckInAnswer) -> list[Order]:
        found: list[Order] = []
        for raw in answer.directives:
            try:
                found.append(decode_order(memoryview(raw)))
            except InvalidInput as error:  # of a newer gateway
                self._log.warning("order_unreadable", error=str(error))
        return found

    def follow(self, order: Order) -> None:
        """Do what an order says, by whichever way it came."""
        if isinstance(order, ConfigOrder):
            self.ask()
        elif not isinstance(order, StandDown):  # that one is taken from check-ins alone, which also take it back
            self._hooks.ordered(order)

    def _mind_clock(self, offset_ms: int) -> None:
        off = abs(offset_ms) > CLOCK_OFF_MS
        if off and not self._clock_off:
            self._log.error("clock_off", offset_s=round(offset_ms / 1000), reason="reports carry this host's own time")
        elif self._clock_off and not off:
            self._log.info("clock_right", offset_s=round(offset_ms / 1000))
        self._clock_off = off

    def _mind_clone(self, clone: bool) -> None:
        if clone and not self._cloned:
            self._log.error("cloned", source=self._me.source, reason="another machine reports under this name too")
        self._cloned = clone
