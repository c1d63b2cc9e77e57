"""Routes: hours, order, and the plans that come of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from vedette.notifying.plan import Plan, plan_of
from vedette.notifying.route import Hours, RouteSpec, Step, route_for


def at(text: str, zone: str = "UTC") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("2026-11-27 17:59", False),  # a Friday
        ("2026-11-27 18:00", True),
        ("2026-11-28 07:59", True),
        ("2026-11-28 08:00", False),
        ("2026-11-28 19:00", False),
        ("2026-11-30 03:00", False),  # the night of Sunday, which is none of the days
    ],
)
def test_hours_may_go_on_into_the_next_day(when: str, holds: bool) -> None:
    hours = Hours(days=[0, 1, 2, 3, 4], since="18:00", until="08:00", zone="Europe/Berlin")
    assert hours.hold(at(when, "Europe/Berlin")) is holds


@pytest.mark.parametrize(
    ("since", "until", "zone", "when", "holds"),
    [
        ("18:00", "08:00", "Europe/Berlin", "2026-10-25 07:30", True),
        ("18:00", "08:00", "Europe/Berlin", "2026-03-29 08:30", False),
        ("02:00", "10:00", "Europe/Berlin", "2026-03-29 04:00", True),
        ("00:00", "00:00", "Europe/Berlin", "2026-10-25 23:30", True),
        ("00:00", "00:00", "America/Santiago", "2026-09-06 12:00", True),
    ],
)
def test_hours_are_what_clocks_on_the_wall_show(since: str, until: str, zone: str, when: str, holds: bool) -> None:
    assert Hours(since=since, until=until, zone=zone).hold(at(when, zone)) is holds


def test_the_same_time_twice_is_a_whole_day() -> None:
    hours = Hours(days=[5], since="00:00", until="00:00")
    assert [hours.hold(at(f"2026-11-{day} 12:00")) for day in (27, 28, 29)] == [False, True, False]


def test_the_first_route_that_matches_counts() -> None:
    routes = [
        RouteSpec(name="critical", match='{severity="critical"}', steps=[Step(channels=[1])]),
        RouteSpec(name="days", hours=Hours(since="09:00", until="17:00"), steps=[Step(channels=[2])]),
        RouteSpec(name="rest"),
    ]

    def name(severity: str, when: str) -> str | None:
        found = route_for(routes, {"severity": severity}, at(when))
        return found.name if found else None

    assert name("critical", "2026-11-27 12:00") == "critical"
    assert name("warning", "2026-11-27 12:00") == "days"
    assert name("warning", "2026-11-27 20:00") == "rest"
    assert route_for(routes[:1], {"severity": "warning"}, 0) is None


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"steps": [{"after_s": 60}]}, "at least one"),
        ({"steps": [{"channels": [1]}, {"channels": [2]}]}, "each after_s greater"),
        ({"match": "{oops"}, "labels of alerts: rule, subject"),
        ({"remind_s": 5}, "60"),
        ({"hours": {"since": "25:00", "until": "08:00"}}, "pattern"),
        ({"hours": {"since": "08:00", "until": "09:00", "zone": "Mars"}}, "time zone"),
        ({"hours": {"since": "08:00", "until": "09:00", "days": [7]}}, "6"),
        ({"stops": []}, "stops"),
    ],
)
def test_a_wrong_route_says_what_is_wrong(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        RouteSpec.model_validate({"name": "x", **wrong})


def test_a_plan_tells_when_something_is_due() -> None:
    route = RouteSpec(name="x", steps=[Step(channels=[1]), Step(after_s=600, channels=[2])], remind_s=900)
    plan = plan_of(route, [])
    assert plan == Plan.model_validate(plan.stored())
    assert [plan.reached(0, ms) for ms in (0, 599_999, 600_000)] == [1, 1, 2]
    assert plan.next_ms(0, 1, 0) == 600_000
    assert plan.next_ms(0, 2, 600_000) == 1_500_000
    assert plan_of(None, [3]).next_ms(0, 1, 0) is None
    assert plan_of(None, []).steps == []
    assert plan_of(RouteSpec(name="nobody", remind_s=60), [3]).next_ms(0, 0, 0) is None
