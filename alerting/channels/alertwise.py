"""Receivers that keep alerts themselves: one request for each alert that a notification tells of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from alerting.channels.base import DeliveryError, Outward

_AT_ONCE = 8


async def for_each_alert(
    outward: Outward, identity: str, body: dict[str, Any], send: Callable[[dict[str, Any]], Awaitable[str]]
) -> str:
    """`send` the body of each alert alone; what was taken in an earlier attempt is not sent again.

    A group's starts and ends may come together otherwise, so that each alert needs its own. What the receiver refuses
    for good is left out as long as it takes others.
    """
    bodies = [{**body, "alert": alert} for alert in body.get("alerts") or [body["alert"]]]
    for one in bodies:
        one.pop("alerts", None)
    taken = outward.taken.of(identity)
    left = [one for one in bodies if one["alert"]["id"] not in taken]
    answer, refused = "taken before", []
    for begin in range(0, len(left), _AT_ONCE):
        now = left[begin : begin + _AT_ONCE]
        found = await asyncio.gather(*map(send, now), return_exceptions=True)
        failures = []
        for one, result in zip(now, found, strict=True):
            if isinstance(result, str):
                answer = result
                taken.add(one["alert"]["id"])
            elif isinstance(result, DeliveryError) and result.refused:
                refused.append(result)
            else:
                failures.append(result)
        for failure in failures[:1]:
            raise failure
    outward.taken.forget(identity)
    if len(refused) == len(bodies):
        raise refused[0]
    return f"{answer}; {len(refused)} of {len(bodies)} refused: {refused[0].answer}" if refused else answer
