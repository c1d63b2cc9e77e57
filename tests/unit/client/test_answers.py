from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from vedette_client import errors
from vedette_client.answers import LONGEST_RETRY_S, check, of_response, retry_after

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = httpx.Request("POST", "http://gateway/v1/features")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0.0),
        ("7", 7.0),
        ("-1", 0.0),
        ("nan", 0.0),
        ("1e9", LONGEST_RETRY_S),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("soon", 0.0),
    ],
)
def test_a_wish_to_be_left_alone_is_a_number_or_a_date(header: str | None, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize("status", range(300, 600))
def test_every_status_is_an_error_that_knows_whether_trying_again_can_help(status: int) -> None:
    error = of_response(httpx.Response(status, request=REQUEST))
    assert error.retriable == (status >= 500 or status in {408, 425, 429})
    assert isinstance(error, errors.OF_STATUS.get(status, errors.VedetteClientError))
    assert str(status) in str(error)


def test_a_problem_s_detail_and_fields_are_the_error_s() -> None:
    problem = {"detail": "values: no", "errors": [{"field": "values"}]}
    with pytest.raises(errors.InvalidInput, match="values: no") as raised:
        check(httpx.Response(422, json=problem, request=REQUEST))
    assert raised.value.errors == [{"field": "values"}]
    assert raised.value.status == 422


def test_a_success_is_handed_through() -> None:
    response = httpx.Response(204, request=REQUEST)
    assert check(response) is response


def test_the_tree_in_the_docstring_is_the_whole_tree() -> None:
    def below(kind: type[Exception]) -> set[str]:
        return {kind.__name__}.union(*map(below, kind.__subclasses__()))

    for name in below(errors.VedetteClientError):
        assert name in (errors.__doc__ or "")
