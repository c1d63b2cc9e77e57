"""Check results: every field has its limits."""

from __future__ import annotations

import math

import msgspec
import pytest

from vedette.errors import InvalidInput
from vedette.events.checks import COUNTED, OUTCOMES, CheckResult, Phases, check_result

GOOD = CheckResult(1, "berlin", 1000, 1000, "up", total_ms=5.0, status=200)


def test_a_good_result_is_taken() -> None:
    check_result(GOOD, 0, 2000)


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("monitor", [1, 1 << 62], [0, -1, (1 << 62) + 1]),
        ("scheduled_ms", [500, 2000], [499, 2001]),
        ("started_ms", [500, 2000], [499, 2001]),
        ("total_ms", [0.0, 3_600_000.0], [-0.1, 3_600_001.0, math.nan, math.inf]),
        ("bytes", [0, 1 << 62], [-1, (1 << 62) + 1]),
        ("apdex_t_ms", [1, 3_600_000], [0, 3_600_001]),
        ("attempt", [1, 1000], [0, 1001]),
        ("status", [None, 200, 999], [-1, 1000, 1 << 40]),
        ("tls_expires", [None, 0, 253_402_300_799_000], [1 << 60, -(1 << 60)]),
        ("account", [0, (1 << 31) - 1], [-1, 1 << 31]),
        ("location", ["x", "x" * 63], ["", "x" * 64, "a\0", "a\nb"]),
        ("error", [None, "", "x" * 1000, "two\nlines"], ["x" * 1001, "a\0b", "\ud800"]),
    ],
)
def test_a_field_at_its_limit_is_taken_and_beyond_it_is_refused(
    field: str, good: list[object], bad: list[object]
) -> None:
    for value in good:
        check_result(msgspec.structs.replace(GOOD, **{field: value}), 500, 2000)
    for value in bad:
        with pytest.raises(InvalidInput) as caught:
            check_result(msgspec.structs.replace(GOOD, **{field: value}), 500, 2000)
        assert caught.value.field == field
        assert caught.value.value is value


@pytest.mark.parametrize("phase", ["dns", "connect", "tls", "ttfb", "transfer"])
def test_each_phase_has_its_limits(phase: str) -> None:
    check_result(msgspec.structs.replace(GOOD, phases=Phases(**{phase: 0.0})), 0, 2000)
    for bad in (-1.0, 3_600_001.0, math.nan):
        with pytest.raises(InvalidInput) as caught:
            check_result(msgspec.structs.replace(GOOD, phases=Phases(**{phase: bad})), 0, 2000)
        assert caught.value.field == f"phases.{phase}"


def test_what_the_probe_failed_at_says_nothing_about_the_endpoint() -> None:
    assert set(OUTCOMES) - COUNTED == {"missed", "probe_error"}
