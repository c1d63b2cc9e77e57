"""The hours and the steps of a route as people write them on the command line, and read them there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from launch.naming import names_of, one_of
from launch.timespans import seconds, written
from vedette.errors import InvalidInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = "as 'mon-fri 09:00-17:30', 'sat,sun 00:00-00:00', '18:00-08:00', or any"
STEP = "as 0=ops or 15m=schedule:team,group:shop,ops: after how long without an acknowledgement, and who"
Rows = list[dict[str, Any]]
_NAMED = {"group": "groups", "schedule": "schedules"}
"""What steps name beside channels, with its kind before it: by what it is called in a step."""


@dataclass(frozen=True, slots=True)
class Named:
    """What steps may name."""

    channels: Rows
    groups: Rows
    schedules: Rows

    def of(self, kind: str) -> Rows:
        """Those of a kind, in the singular."""
        return {"channel": self.channels, "group": self.groups, "schedule": self.schedules}[kind]


def hours_of(text: str, zone: str) -> dict[str, Any] | None:
    """Hours as a route has them; None for `any`, or for nothing."""
    if text.strip() in {"", "any"}:
        return None
    found = re.fullmatch(r"(?:(\S+)\s+)?(\d\d:\d\d)-(\d\d:\d\d)", text.strip().lower())
    if found is None:
        raise InvalidInput("--hours", text, HOURS)
    days = list(range(7)) if found[1] is None else sorted({day for part in found[1].split(",") for day in _days(part)})
    return {"days": days, "since": found[2], "until": found[3], "zone": zone}


def _days(part: str) -> list[int]:
    first, dash, last = part.partition("-")
    if first not in _DAYS or (dash and last not in _DAYS):
        raise InvalidInput("--hours", part, f"days: {', '.join(_DAYS)}, or as mon-fri")
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]


def hours_words(hours: dict[str, Any] | None) -> str:
    """Hours as `hours_of` reads them, with their zone."""
    if hours is None:
        return "any"
    days = sorted(hours["days"])
    run = len(days) > 2 and days == list(range(days[0], days[-1] + 1))
    named = f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}" if run else ",".join(_DAYS[day] for day in days)
    return f"{'' if len(days) == 7 else named + ' '}{hours['since']}-{hours['until']} {hours['zone']}"


def steps_of(texts: list[str], named: Named) -> list[dict[str, Any]]:
    """Steps as a route has them; `InvalidInput` names what is not known."""
    return [_step(text, named) for text in texts]


def _step(text: str, named: Named) -> dict[str, Any]:
    after, equals, who = text.partition("=")
    if not equals or not who.strip():
        raise InvalidInput("--step", text, STEP)
    step: dict[str, Any] = {"after_s": seconds("--step", after.strip()), "channels": [], "groups": [], "schedules": []}
    for word in (part.strip() for part in who.split(",")):
        kind, colon, called = word.partition(":")
        if colon and kind in _NAMED:
            step[_NAMED[kind]].append(one_of(named.of(kind), kind, called)["id"])
        else:
            called = called if colon and kind == "channel" else word
            step["channels"].append(one_of(named.channels, "channel", called)["id"])
    return step


def steps_words(steps: list[dict[str, Any]], named: Named) -> list[str]:
    """Each step as `steps_of` reads it."""
    by_channel = names_of(named.channels)
    others = {kind: names_of(named.of(kind)) for kind in _NAMED}
    return [
        f"{written(step['after_s'])}="
        + ",".join(
            [
                *(by_channel.get(one, str(one)) for one in step["channels"]),
                *(f"{kind}:{names.get(one, one)}" for kind, names in others.items() for one in step[_NAMED[kind]]),
            ]
        )
        for step in steps
    ]
