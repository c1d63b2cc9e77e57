"""Sending: the lanes of a load, each a sender that repeats a request until the gateway acknowledges it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import httpx
import msgspec

from launch.client import GatewayError
from launch.loadgen import checks, samples
from launch.loadgen.ledger import LedgerWriter
from launch.loadgen.plan import CHECKS_LANE, Plan
from vedette.errors import ConfigurationError, NotAuthenticated

_TIMEOUT_S = 10.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 2.0


@dataclass(slots=True)
class Progress:
    """What has come of a load so far."""

    samples: int = 0
    results: int = 0
    requests: int = 0
    repeated: int = 0
    """Times that a request was sent again."""
    last_trouble: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Load:
    """Sends a plan's requests, `steps_per_s` steps a second, and notes in the ledger what was acknowledged.

    A request without an answer, or answered with 429 or 5xx, is sent again with the same identities, as an agent does
    from its spool. `stop` makes each lane end once its request under way is acknowledged; `give_up` at once.
    """

    def __init__(self, plan: Plan, url: str, token: str, ledger: LedgerWriter, steps_per_s: float) -> None:
        self._plan, self._url, self._ledger = plan, url, ledger
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._steps_per_s = steps_per_s
        self._stopped, self._given_up = threading.Event(), threading.Event()
        self.progress = Progress()

    def stop(self) -> None:
        """Begin no more requests."""
        self._stopped.set()

    def give_up(self) -> None:
        """Send nothing again: the ledger stays without its end."""
        self._given_up.set()
        self._stopped.set()

    def run(self, watch: Callable[[Progress], None] = lambda _: None, every_s: float = 5.0) -> bool:
        """Return when all is acknowledged (True), or was given up; calls `watch` from time to time.

        Raises the error of a lane whose requests are refused for good.
        """
        try:
            self._run_lanes(watch, every_s)
            if self._given_up.is_set():
                return False
            self._ledger.end()
        finally:
            self._ledger.close()
        return True

    def _run_lanes(self, watch: Callable[[Progress], None], every_s: float) -> None:
        lanes = self._plan.all_lanes()
        with ThreadPoolExecutor(len(lanes), "lane") as pool:
            begun = time.monotonic()
            running = [pool.submit(self._lane, lane, begun) for lane in lanes]
            try:
                while wait(running, every_s, FIRST_EXCEPTION).not_done:
                    watch(self.progress)
                    if any(one.done() and one.exception() for one in running):
                        self.give_up()
            finally:
                self.stop()
            for one in running:
                one.result()

    def _lane(self, lane: int, begun: float) -> None:
        plan = self._plan
        chance = random.Random(plan.seed + lane)  # noqa: S311 - spreads retries, guards nothing
        with httpx.Client(base_url=self._url, headers=self._headers, timeout=_TIMEOUT_S, trust_env=False) as client:
            for request in range(plan.requests(lane)):
                steps = plan.steps_of(lane, request)
                if self._stopped.wait(max(0.0, begun + steps.start / self._steps_per_s - time.monotonic())):
                    return
                attempts = self._send(client, lane, steps, chance)
                if not attempts:
                    return
                self._ledger.acknowledged(lane, request, attempts)

    def _send(self, client: httpx.Client, lane: int, steps: range, chance: random.Random) -> int:
        """How often it was sent until it was acknowledged; 0 if it was given up."""
        if lane == CHECKS_LANE:
            items: list[object] = [*checks.results(self._plan, steps)]
        else:
            items = [*samples.batches(self._plan, lane, steps)]
        body, path = msgspec.json.encode(items), "checks" if lane == CHECKS_LANE else "samples"
        attempts, longest = 0, _FIRST_WAIT_S
        while True:
            attempts += 1
            trouble = _posted(client, f"/v1/ingest/{path}", body)
            if trouble is None:
                self._count(lane, len(items))
                return attempts
            with self.progress.lock:
                self.progress.repeated += 1
                self.progress.last_trouble = trouble
            if self._given_up.wait(longest * chance.uniform(0.5, 1.0)):
                return 0
            longest = min(_LONGEST_WAIT_S, longest * 2)

    def _count(self, lane: int, items: int) -> None:
        with self.progress.lock:
            self.progress.requests += 1
            if lane == CHECKS_LANE:
                self.progress.results += items
            else:
                self.progress.samples += items * self._plan.names


def _posted(client: httpx.Client, path: str, body: bytes) -> str | None:
    """None if the gateway took all of it; else what is the matter. Raises for what will never be taken."""
    try:
        response = client.post(path, content=body)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ConfigurationError("VEDETTE_URL", str(client.base_url), f"as http://host:8420 ({error})") from error
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {error}"
    if response.status_code == 202:
        answer = response.json()
        if answer["rejected"]:
            raise GatewayError(f"{answer['rejected']} items were refused, first {answer['rejects'][0]}")
        return None
    if response.status_code in {401, 403}:
        raise NotAuthenticated(f"the gateway does not take VEDETTE_TOKEN here ({response.text[:200]})")
    if response.status_code == 429 or response.status_code >= 500:
        return f"{response.status_code}: {response.text[:200]}"
    raise GatewayError(f"{response.status_code}: {response.text[:300]}")
