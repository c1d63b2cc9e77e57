"""Evidence: bounded, printable, without secrets, and always taken by the intake."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probes.evidence import FIRST_BYTES, evidence
from vedette.events.checks import CheckResult, check_result


def seen(**fields: object) -> dict[str, str]:
    plain = {"error": "status: 500", "phase": "transfer", "address": None, "status": None}
    return evidence(**{**plain, "head": [], "first": b"", "secrets": [], **fields})  # type: ignore[arg-type]


def test_what_there_is_stands_in_it_and_nothing_else() -> None:
    assert seen() == {"class": "status", "phase": "transfer"}
    assert seen(status=500, address="192.0.2.1")["status"] == "500"


def test_first_bytes_are_cut_and_printable() -> None:
    assert seen(first=b"a\0\x1b[31m\xff")["first_bytes"] == "a..[31m\N{REPLACEMENT CHARACTER}"
    assert len(seen(first=b"x" * 10_000)["first_bytes"]) == FIRST_BYTES


def test_a_secret_at_the_cut_is_not_shown_by_half() -> None:
    text = seen(first=b"x" * (FIRST_BYTES - 3) + b"hunter2", secrets=["hunter2"])["first_bytes"]
    assert "hunt" not in text
    assert "***"[:2] in text


def test_credentials_in_a_head_that_could_not_be_read_are_hidden() -> None:
    first = b"HTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nServer: z\r\nauthorization: Basic eHg="
    assert seen(first=first)["first_bytes"].replace(".", "").split("\n") == [
        "HTP/11 200 OK", "Set-Cookie: ***", "Server: z", "authorization: ***"
    ]  # fmt: skip


def test_of_two_secrets_the_longer_goes_first_and_a_tiny_one_is_none() -> None:
    assert seen(first=b"token-long token a", secrets=["token", "token-long", "a"])["first_bytes"] == "*** *** a"


def test_credentials_in_headers_and_the_query_of_a_redirect_are_hidden() -> None:
    head = [("set-cookie", "a=b"), ("location", "https://x/y?token=1"), ("server", "z")]
    assert seen(head=head)["headers"] == "set-cookie: ***\nlocation: https://x/y?***\nserver: z"


@given(
    st.text(max_size=300),
    st.binary(max_size=5000),
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=2000)), max_size=40),
    st.lists(st.text(max_size=10), max_size=3),
)
def test_the_intake_takes_any_of_it(error: str, first: bytes, head: list[tuple[str, str]], secrets: list[str]) -> None:
    found = evidence(
        error=error or "x", phase="ttfb", address="::1", status=1, head=head, first=first, secrets=secrets,
        notes=[("answers", error)],
    )  # fmt: skip
    check_result(CheckResult(1, "here", 0, 0, "down", evidence=found), 0, 1)
