"""Check-ins, enrolments and orders: what is read, what is passed over, and what is refused with field and limit."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette import VERSION
from vedette.errors import InvalidInput
from vedette.events.checks import CheckRecord
from vedette.events.control import encode_recheck, recheck
from vedette.events.fleet import (
    ConfigOrder,
    Order,
    RealtimeEnd,
    RealtimeOrder,
    StandDown,
    decode_checkin,
    decode_enrolment,
    decode_order,
    encode_order,
    is_order,
)

GOOD: dict[str, Any] = {"source": "web-1", "epoch": 1, "fingerprint": "f", "version": "0.1.0", "clock_ms": 5}
ENROL: dict[str, Any] = {"token": "vde_x", "source": "web-1", "fingerprint": "f", "version": "0.1.0"}


def checkin(**fields: Any) -> bytes:
    return msgspec.json.encode({**GOOD, **fields})


def test_a_newer_agent_may_say_more_than_is_known() -> None:
    assert decode_checkin(checkin(mood="good")).source == "web-1"


def bad_plugin(**fields: Any) -> dict[str, Any]:
    return {"plugins": [{"name": "a", "state": "ok", **fields}]}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source": ""}, "source"),
        ({"source": "a\nb"}, "source"),
        ({"source": "x" * 201}, "source"),
        ({"epoch": -1}, "epoch"),
        ({"epoch": "1"}, "epoch"),
        ({"clock_ms": 1 << 62}, "clock_ms"),
        ({"slept_ms": -1}, "slept_ms"),
        ({"fingerprint": ""}, "fingerprint"),
        ({"version": "\0"}, "version"),
        ({"config_version": "x" * 129}, "config_version"),
        ({"facts": {str(n): n for n in range(61)}}, "facts"),
        ({"facts": {"os": "x" * 501}}, "facts.os"),
        ({"facts": {"os": "a\0b"}}, "facts.os"),
        ({"facts": {"os": []}}, 'facts["os"]'),
        ({"plugins": [{"name": "a", "state": "dancing"}]}, "plugins[0].state"),
        (bad_plugin(name=""), "plugins[0].name"),
        (bad_plugin(error="x" * 2001), "plugins[0].error"),
        (bad_plugin(alerts=[{"subject": "s", "body": "b", "at_ms": 1}] * 21), "plugins[0].alerts"),
        (bad_plugin(alerts=[{"subject": "", "body": "b", "at_ms": 1}]), "plugins[0].alerts[0].subject"),
        ({"refused": [{"part": "p", "reason": "x" * 2001}]}, "refused[0].reason"),
    ],
)
def test_what_is_beyond_its_limits_is_refused_by_name(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_checkin(checkin(**fields))
    assert caught.value.field == field


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_checkin(msgspec.json.encode({k: v for k, v in GOOD.items() if k != missing}))
    assert caught.value.field == missing


def test_a_bad_enrolment_token_is_not_shown() -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_enrolment(msgspec.json.encode({**ENROL, "token": "s3cret" * 100}))
    assert "s3cret" not in str(caught.value)
    assert decode_enrolment(msgspec.json.encode(ENROL)).reclaim is False


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
ORDERS = st.one_of(
    st.builds(ConfigOrder, st.integers(0, 9), TEXT),
    st.builds(RealtimeOrder, st.integers(0, 9), TEXT, TEXT, TEXT, st.integers(0, 1 << 40), st.lists(TEXT, max_size=3)),
    st.builds(RealtimeEnd, st.integers(0, 9), TEXT, TEXT),
    st.builds(StandDown, st.integers(0, 9), TEXT, TEXT),
)


@given(ORDERS)
def test_an_order_comes_back_as_it_was_and_is_told_from_those_for_probes(order: Order) -> None:
    data = encode_order(order)
    assert is_order(data)
    assert decode_order(data) == order


def test_an_order_for_probes_is_none_for_agents() -> None:
    data = encode_recheck(recheck(CheckRecord(1, "eu", 5, 5, "down"), "us", 1, 5))
    assert not is_order(data)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"order":"dance"}', b'{"order":"config"}'])
def test_what_is_no_order_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_order(data)


def test_the_version_is_that_of_the_distribution() -> None:
    import tomllib
    from pathlib import Path

    text = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["project"]["version"] == VERSION
