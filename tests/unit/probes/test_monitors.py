"""Monitors: what is read, what is passed over, what is refused."""

from __future__ import annotations

import msgspec
import pytest

from probes.check import Vantage
from probes.kinds import build_check
from probes.monitors import Monitor, read_each, read_list
from vedette.clock import FakeClock
from vedette.errors import InvalidInput

GOOD = {"id": 1, "name": "one", "url": "http://x/"}


def answer(*monitors: object) -> bytes:
    return msgspec.json.encode({"monitors": monitors})


def test_a_monitor_needs_only_id_name_and_url() -> None:
    monitors, problems = read_each(read_list(answer(GOOD)).monitors)
    assert problems == []
    assert monitors == [Monitor(id=1, name="one", url="http://x/")]
    assert monitors[0].expected_status == ["2xx"]


def test_fields_of_a_newer_gateway_are_passed_over() -> None:
    monitors, problems = read_each(read_list(answer(GOOD | {"colour": "red"})).monitors)
    assert len(monitors) == 1
    assert problems == []


@pytest.mark.parametrize(
    "bad",
    [{"id": 0}, {"id": "x"}, {"interval_s": 0}, {"timeout_s": -1}, {"apdex_t_ms": 0}, {"headers": []}, {"url": None}],
)
def test_one_unreadable_monitor_does_not_cost_the_others(bad: dict[str, object]) -> None:
    monitors, problems = read_each(read_list(answer(GOOD | {"id": 2}, GOOD | bad, GOOD | {"id": 3})).monitors)
    assert [monitor.id for monitor in monitors] == [2, 3]
    assert problems[0].field == next(iter(bad))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"monitors": 1}', b"\xff"])
def test_what_is_no_list_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_list(body)


def test_of_two_monitors_with_one_id_the_last_counts() -> None:
    monitors, _ = read_each(read_list(answer(GOOD, GOOD | {"name": "two"})).monitors)
    assert [monitor.name for monitor in monitors] == ["two"]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [({}, True), ({"locations": ["eu", "us"]}, True), ({"locations": ["us"]}, False), ({"paused": True}, False)],
)
def test_a_probe_checks_what_its_location_is_meant_to(change: dict[str, object], wanted: bool) -> None:
    (monitor,), _ = read_each(read_list(answer(GOOD | change)).monitors)
    assert monitor.wanted_at("eu") is wanted


@pytest.mark.parametrize(
    "bad",
    [{"url": "ftp://x/"}, {"expected_status": ["ok"]}, {"kind": "icmp"}, {"headers": {"a b": "c"}}, {"method": "G T"}],
)
def test_a_monitor_that_can_never_be_checked_is_refused_when_built(bad: dict[str, object]) -> None:
    (monitor,), _ = read_each(read_list(answer(GOOD | bad)).monitors)
    with pytest.raises(InvalidInput):
        build_check(monitor, Vantage("local", FakeClock()))


def test_a_good_monitor_is_built() -> None:
    (monitor,), _ = read_each(read_list(answer(GOOD)).monitors)
    assert build_check(monitor, Vantage("local", FakeClock())) is not None
