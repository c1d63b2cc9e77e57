"""The alert worker: takes notifications out of the outbox and delivers them, again and again if need be."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

import httpx

from alerting.channels import CHANNELS, Channel, DeliveryError, Outward, Taken
from alerting.channels.base import give_up_after_s
from alerting.deliveries import AT_ONCE, AT_ONCE_PER_CHANNEL, SPARE, Deliveries
from alerting.learning import DueLearning
from alerting.outward import http_client
from alerting.reports.making import DueReports
from vedette.clock import Clock
from vedette.errors import InvalidInput, Unavailable
from vedette.settings import AlertWorkerSettings
from vedette.store import alert_links, outbox
from vedette.store.keeping import keep
from vedette.store.outbox import Failure, Notification
from vedette.store.pool import Store
from vedette.telemetry import get_logger, metrics

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
KEEP_S = 1.0
"""How often what has become due on open alerts is looked for."""
LINK_S = 2.0
"""How long a message waits for its link at most."""
PEOPLE = tuple(name for name, kind in CHANNELS.items() if kind.FOR_PEOPLE)
"""The kinds of channels that people read."""
_SHOWN = 300
_REMEMBERED = 1000
_OUTBOX_THREADS = 4

P = ParamSpec("P")
T = TypeVar("T")


def backoff_s(attempts: int, jitter: float) -> float:
    """Seconds to wait after failure number `attempts`: doubling, with `jitter` (0 to 1) in the upper half."""
    whole = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempts - 1, 30))
    return whole * (0.5 + jitter / 2)


def retry_s(attempts: int, jitter: float, left_s: float, asked_s: float) -> float:
    """The same, but the last try comes when the `left_s` are over in which it is tried at all; not before the `asked_s`
    that the receiver asks for, as far as that is no longer than the longest wait."""
    wait = min(backoff_s(attempts, jitter), max(left_s, FIRST_WAIT_S))
    return min(max(wait, asked_s), LONGEST_WAIT_S)


class AlertWorker:
    """Delivers notifications of all channels; several workers may run at once.

    A worker that dies leaves its claims to the others once their lease is over. A notification may then arrive
    twice, with the same idempotency key. Nothing that happens to one notification ends the worker or holds up those of
    other channels.
    """

    def __init__(self, store: Store, clock: Clock, rng: random.Random, settings: AlertWorkerSettings) -> None:
        self._store = store
        self._clock = clock
        self._rng = rng
        self._settings = settings
        self._deliveries = Deliveries()
        self._taken = Taken()
        self._reports = DueReports(store, clock)
        self._learning = DueLearning(store, clock)
        self._tokens: OrderedDict[int, str | None] = OrderedDict()
        self._threads = ThreadPoolExecutor(_OUTBOX_THREADS, "outbox")
        self._kept_at = -KEEP_S
        self._log = get_logger("alerts")

    def client(self) -> httpx.AsyncClient:
        """The HTTP client that deliveries share."""
        return http_client(self._settings.timeout_s, allow_private=self._settings.allow_private)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; what was claimed is finished first."""
        # asyncio resolves names in threads; a name that hangs outlives its attempt, hence more than one for each.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * AT_ONCE, "names"))
        stopping = asyncio.create_task(stop.wait())
        async with self.client() as client:
            try:
                while not stop.is_set():
                    await self.keep()
                    self._reports.look()
                    self._learning.look()
                    if await self.take(client) == 0:
                        await self._deliveries.any_done(stopping, self._settings.poll_s)
            finally:
                stopping.cancel()
                await self.finish()

    async def keep(self) -> None:
        """Put into the outbox what has become due on open alerts, if it was not looked for just now."""
        now = self._clock.monotonic()
        if now - self._kept_at < KEEP_S:
            return
        self._kept_at = now
        try:
            kept = await self._ask(keep, PEOPLE)
        except Unavailable as error:
            self._log.warning("outbox_unavailable", error=str(error))
        except Exception:  # noqa: BLE001 - logged with its traceback; what waits is delivered all the same
            self._log.exception("keeping_failed")
        else:
            if kept.released or kept.advanced or kept.gathered:
                self._log.info("kept", released=kept.released, advanced=kept.advanced, gathered=kept.gathered)

    async def take(self, client: httpx.AsyncClient) -> int:
        """Claim what is due, as much as there are free places, and begin to deliver it; how many.

        Each delivery begins at once: a claim that waited would use up its lease.
        """
        free, busy = self._deliveries.free, self._deliveries.busy
        if free <= 0:
            return 0
        try:
            claim = partial(outbox.claim, per_channel=AT_ONCE_PER_CHANNEL, busy=busy, spare=SPARE)
            claimed = await self._ask(claim, free, self._settings.lease_s)
        except Unavailable as error:
            self._log.warning("outbox_unavailable", error=str(error))
            return 0
        for notification in claimed:
            self._deliveries.start(notification.channel, self._deliver(client, notification))
        return len(claimed)

    async def _ask(self, question: Callable[Concatenate[Store, P], T], *values: P.args, **named: P.kwargs) -> T:
        """A call of the outbox in a thread of its own kind: names that are slow to resolve fill asyncio's."""
        asked = partial(question, self._store, *values, **named)
        return await asyncio.get_running_loop().run_in_executor(self._threads, asked)

    async def finish(self) -> None:
        """Wait until everything that was begun is delivered or has failed, and the report that is made is there."""
        await self._reports.finish()
        await self._learning.finish()
        await self._deliveries.finish()

    async def _deliver(self, client: httpx.AsyncClient, n: Notification) -> None:
        """One attempt and the note of its outcome; without that note it comes again when the lease is over."""
        try:
            result = await self._attempt_and_note(client, n)
        except Unavailable as error:
            self._log.warning("outbox_unavailable", error=str(error))
        except Exception:  # noqa: BLE001 - logged with its traceback; the worker goes on
            self._log.exception("outcome_not_noted", id=n.id, channel=n.channel)
        else:
            metrics().count("vedette_deliveries_total", channel=n.kind, result=result)
            self._log.info("notification", id=n.id, channel=n.channel, result=result, attempt=n.attempts)

    async def _attempt_and_note(self, client: httpx.AsyncClient, n: Notification) -> str:
        began = self._clock.monotonic()
        try:
            answer = await self._attempt(client, n)
        except DeliveryError as error:
            return await self._failed(n, error, self._ms_since(began))
        await self._ask(outbox.delivered, n.id, answer, n.attempts, self._ms_since(began))
        return "delivered"

    def _ms_since(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1000)

    async def _attempt(self, client: httpx.AsyncClient, n: Notification) -> str:
        """The receiver's answer; whatever goes wrong is a `DeliveryError`."""
        kind = CHANNELS.get(n.kind)
        if kind is None:
            raise DeliveryError(f"unknown kind of channel {n.kind!r}", permanent=True)
        try:
            channel = kind.from_config(n.config)
            # The lease outlives the attempt: otherwise another worker would deliver the same at the same time.
            whole_s = min(self._settings.timeout_s * 2, self._settings.lease_s * 0.8)
            async with asyncio.timeout(whole_s):
                links = await self._links(kind, n, min(LINK_S, whole_s / 4))
                body = {**n.body, "links": links} if links else n.body
                return await channel.deliver(self._outward(client), str(n.id), body, self._clock.now_ms() // 1000)
        except DeliveryError:
            raise
        except TimeoutError as error:
            raise DeliveryError("no answer in time") from error
        except InvalidInput as error:
            raise DeliveryError(str(error), permanent=True) from error
        except Exception as error:
            # A fault of the channel's code, or of a library below: trying again may help, and others must go on.
            self._log.exception("delivery_broke", id=n.id, channel=n.channel, kind=n.kind)
            raise DeliveryError(repr(error)[:_SHOWN]) from error

    async def _links(self, kind: type[Channel], n: Notification, most_s: float) -> dict[str, str]:
        """Where people acknowledge what has begun or fires still; nothing for all else, or where no page is known."""
        page, alert = self._settings.public_url, n.body.get("alert", {})
        asks = n.body["event"] == "start" or n.body.get("update") == "reminded"
        if page is None or not kind.FOR_PEOPLE or not asks or alert.get("acknowledged_by"):
            return {}
        if n.id not in self._tokens:  # one for all attempts: the message stays the same
            told = [int(one["id"]) for one in n.body.get("alerts") or [alert]]
            try:
                async with asyncio.timeout(most_s):
                    self._tokens[n.id] = await self._ask(alert_links.make, told, n.channel)
            except (Unavailable, TimeoutError):
                self._tokens[n.id] = None  # the message matters more
            while len(self._tokens) > _REMEMBERED:
                self._tokens.popitem(last=False)
        token = self._tokens[n.id]
        return {} if token is None else {"acknowledge": f"{page}/act/{token}"}

    def _outward(self, client: httpx.AsyncClient) -> Outward:
        settings = self._settings
        return Outward(client, settings.allow_private, settings.public_url, settings.timeout_s, self._taken)

    async def _failed(self, n: Notification, error: DeliveryError, took_ms: int) -> str:
        patience_s = give_up_after_s(n.config)
        failure: Failure | None = None
        # What fails for good by a configuration that was replaced meanwhile is tried by the new one.
        if error.permanent and await self._ask(outbox.disable_channel, n.channel, error.answer, n.config):
            failure = "permanent"
        elif error.refused:
            failure = "refused"
        elif n.age_s >= patience_s:
            failure = "given_up"
        if failure is None:
            wait = retry_s(n.attempts, self._rng.random(), patience_s - n.age_s, error.retry_after_s or 0.0)
            await self._ask(outbox.retry, n.id, error.answer, wait, n.attempts, took_ms)
            return "retry"
        await self._ask(outbox.failed, n.id, error.answer, failure, n.attempts, took_ms)
        if failure == "permanent":
            self._log.error("channel_disabled", channel=n.channel, reason=error.answer)
        else:
            event = "notification_refused" if failure == "refused" else "notification_given_up"
            self._log.error(event, id=n.id, channel=n.channel, reason=error.answer)
        return failure
