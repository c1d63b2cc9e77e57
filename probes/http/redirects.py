"""Redirects: where an answer sends the request next, and with what it goes there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from probes.faults import Fault, Faulted
from probes.http.target import Target, parse_target
from vedette.errors import InvalidInput

FOLLOWED = frozenset({301, 302, 303, 307, 308})
_CARRIED = frozenset({"accept", "accept-language", "content-type", "user-agent"})
"""Headers that go to another origin too. Any other may be a credential, whatever it is called."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a check: the first, or one that a redirect asked for."""

    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes | None = None


def next_hop(hop: Hop, status: int, location: bytes | None) -> Hop | None:
    """The hop that follows an answer of `status` with that Location header; None: the answer is final.

    A redirect without a Location is final, like in browsers. 303, and 301 and 302 to a POST, turn into GET
    (RFC 9110, 15.4). To another origin go only headers that are no secret; a body that would have to go there (307 and
    308), and a Location that leads to no http or https URL, raise `Faulted` with `bad_redirect`.
    """
    if status not in FOLLOWED or not location:
        return None
    text = _text(location)
    try:
        target = parse_target(urljoin(hop.target.url, text))
    except (InvalidInput, ValueError) as error:
        raise Faulted(Fault("bad_redirect", f"{text[:80]}: {error}")) from error
    method, body = hop.method, hop.body
    if (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST"):
        method, body = "GET", None
    headers = hop.headers
    if target.origin != hop.target.origin:
        if body is not None:
            raise Faulted(Fault("bad_redirect", f"{text[:80]}: another origin, to which the body is not sent"))
        headers = {name: value for name, value in headers.items() if name.lower() in _CARRIED}
    return Hop(method, target, headers, body)


def _text(location: bytes) -> str:
    try:
        return location.decode()
    except UnicodeDecodeError:
        return location.decode("latin-1")
