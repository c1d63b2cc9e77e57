"""The evidence of a result: bounded, and storable everywhere."""

from __future__ import annotations

import pytest

from vedette.errors import InvalidInput
from vedette.events.checks import CheckResult, check_result


def given(evidence: dict[str, str] | None) -> None:
    check_result(CheckResult(1, "here", 0, 0, "down", evidence=evidence), 0, 1)


def test_a_result_may_have_evidence_or_none() -> None:
    given(None)
    given({})
    given({f"name {n}": "x" * 1000 for n in range(10)})


@pytest.mark.parametrize(
    ("evidence", "field"),
    [
        ({f"{n}": "" for n in range(11)}, "evidence"),
        ({"": "x"}, "evidence"),
        ({"x" * 41: "x"}, "evidence"),
        ({"a\nb": "x"}, "evidence"),
        ({"body": "x" * 1001}, "evidence.body"),
        ({"body": "a\0"}, "evidence.body"),
        ({"body": "\ud800"}, "evidence.body"),
    ],
)
def test_evidence_beyond_its_limits_is_refused(evidence: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        given(evidence)
    assert caught.value.field == field
