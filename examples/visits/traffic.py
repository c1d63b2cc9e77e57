"""Requests to the service: minutes of people like those of the training, or a minute in which a unit is another.

Nobody wants to wait: the minutes are sent within seconds, and each request bears its own time. Vedette takes times
up to five minutes ahead.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from examples.visits.people import TRAINED, Person, people

MINUTE_MS = 60_000
EACH = 300
"""Requests in a minute."""
QUIET, DRIFTED = (-1, 0, 1, 2), (3,)
"""Minutes from the present one on."""
CLOSING = 5
"""A minute with one request: a window is over when a row has come that is newer by a minute than its end."""
COLUMN = "lpi"
Request = tuple[int, Person]


def quiet(begin_ms: int) -> list[Request]:
    """Four minutes of people whom the model has not met, but who are like those that it was trained with."""
    return _minutes(people()[0][TRAINED:], begin_ms, QUIET)


def drifted(begin_ms: int) -> list[Request]:
    """A minute after somebody took the common logarithm where it was the natural one, and what closes its window."""
    others = people()[0][TRAINED + EACH * len(QUIET) :]
    broken = [{**person, COLUMN: person[COLUMN] / math.log(10)} for person in others]
    return [*_minutes(broken, begin_ms, DRIFTED), (begin_ms + CLOSING * MINUTE_MS, others[-1])]


def _minutes(some: Sequence[Person], begin_ms: int, minutes: Sequence[int]) -> list[Request]:
    step = MINUTE_MS // EACH
    return [
        (begin_ms + minute * MINUTE_MS + number * step, some[place * EACH + number])
        for place, minute in enumerate(minutes)
        for number in range(EACH)
    ]


def this_minute() -> int:
    """When it began, in milliseconds UTC."""
    return int(time.time() * 1000) // MINUTE_MS * MINUTE_MS


def send(url: str, requests: Sequence[Request]) -> None:
    """Ask the service, four requests at a time, minute by minute. Raises httpx's error for any that fails."""
    with httpx.Client(base_url=url, timeout=30) as client, ThreadPoolExecutor(4) as pool:

        def ask(request: Request) -> None:
            at_ms, person = request
            client.post("/predict", json=person, headers={"X-Event-Time": str(at_ms)}).raise_for_status()

        for begin in range(0, len(requests), EACH):
            list(pool.map(ask, requests[begin : begin + EACH]))


def main() -> None:
    """Send one kind of traffic."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["quiet", "drifted"])
    parser.add_argument("--service", default="http://127.0.0.1:8000")
    asked = parser.parse_args()
    requests = {"quiet": quiet, "drifted": drifted}[asked.kind](this_minute())
    send(asked.service, requests)
    print(f"{len(requests)} requests, {asked.kind}")


if __name__ == "__main__":
    main()
