"""Redirects: where to go next, with which method, and what stays at home."""

from __future__ import annotations

import pytest

from probes.faults import Faulted
from probes.http.redirects import Hop, next_hop
from probes.http.target import parse_target

SECRETS = {"Authorization": "Bearer x", "Cookie": "a=b", "Host": "virtual", "X-Api-Key": "k", "Accept": "a/b"}


def hop(method: str = "GET", url: str = "https://one.example/a/b?c", headers: dict[str, str] | None = None) -> Hop:
    return Hop(method, parse_target(url), headers or {})


@pytest.mark.parametrize(
    ("location", "url"),
    [
        (b"https://two.example/x", "https://two.example/x"),
        (b"/x", "https://one.example/x"),
        (b"x", "https://one.example/a/x"),
        (b"?y", "https://one.example/a/b?y"),
        (b"//two.example/x", "https://two.example/x"),
        (b"../z", "https://one.example/z"),
        ("/ü".encode(), "https://one.example/%C3%BC"),
        ("/ü".encode("latin-1"), "https://one.example/%C3%BC"),
    ],
)
def test_absolute_and_relative_locations_are_followed(location: bytes, url: str) -> None:
    following = next_hop(hop(), 302, location)
    assert following is not None
    assert following.target.url == url


@pytest.mark.parametrize("status", [200, 204, 300, 304, 404, 503])
def test_other_statuses_are_final_even_with_a_location(status: int) -> None:
    assert next_hop(hop(), status, b"/x") is None


@pytest.mark.parametrize("location", [None, b""])
def test_a_redirect_without_a_location_is_final(location: bytes | None) -> None:
    assert next_hop(hop(), 302, location) is None


@pytest.mark.parametrize("location", [b"ftp://x/", b"javascript:1", b"http://", b"http://[::1", b"http://u:p@x/"])
def test_a_location_that_leads_nowhere_is_a_bad_redirect(location: bytes) -> None:
    with pytest.raises(Faulted) as caught:
        next_hop(hop(), 301, location)
    assert caught.value.fault.kind == "bad_redirect"


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("PUT", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 302, "PUT"),
        ("HEAD", 303, "HEAD"),
    ],
)
def test_the_method_changes_as_the_specification_says(method: str, status: int, expected: str) -> None:
    following = next_hop(hop(method), status, b"/x")
    assert following is not None
    assert following.method == expected


def test_credentials_stay_with_their_origin() -> None:
    following = next_hop(hop(headers=SECRETS), 302, b"https://two.example/")
    assert following is not None
    assert following.headers == {"Accept": "a/b"}


@pytest.mark.parametrize("location", [b"https://two.example/x", b"http://one.example/x"])
def test_a_body_is_not_sent_to_another_origin(location: bytes) -> None:
    sent = Hop("POST", parse_target("https://one.example/"), {}, b"secret")
    with pytest.raises(Faulted, match=r"bad_redirect: .*another origin"):
        next_hop(sent, 307, location)
    at_home = next_hop(sent, 307, b"/x")
    assert at_home is not None
    assert at_home.body == b"secret"
    asked = next_hop(sent, 302, location)
    assert asked is not None
    assert (asked.method, asked.body) == ("GET", None)


@pytest.mark.parametrize("location", [b"http://one.example/", b"https://one.example:444/"])
def test_another_scheme_or_port_is_another_origin(location: bytes) -> None:
    following = next_hop(hop(headers=SECRETS), 302, location)
    assert following is not None
    assert "Authorization" not in following.headers


def test_within_an_origin_all_headers_go_along() -> None:
    following = next_hop(hop(headers=SECRETS), 302, b"/elsewhere")
    assert following is not None
    assert following.headers == SECRETS
