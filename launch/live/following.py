"""Following a session: its stream's events, over lost connections, until it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx

from launch.client import GatewayError, access
from vedette.errors import Unavailable

SILENCE_S = 25.0
"""The gateway ticks each ten seconds."""
_RETRY_S, _GIVE_UP = 1.0, 30


class Event(NamedTuple):
    """An event of the stream."""

    kind: str
    data: dict[str, Any]


def read_lines(lines: Iterator[str]) -> Iterator[tuple[str | None, Event]]:
    """Id and event of what stands in the lines of a stream (HTML standard, section 9.2)."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            if "data" in fields:
                yield fields.get("id"), Event(fields.get("event", "message"), json.loads(fields["data"]))
            fields = {}


def follow(identity: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[Event]:
    """The events of a session; `lost` while the connection is away, which is opened again from the last event on.

    Raises `GatewayError` with the gateway's words if it refuses, and `Unavailable` if it stays away.
    """
    url, token = access()
    headers = {"Authorization": f"Bearer {token}"}
    failures = 0
    with httpx.Client(base_url=url, timeout=httpx.Timeout(10, read=SILENCE_S), trust_env=False) as client:
        while True:
            try:
                with client.stream("GET", f"/v1/realtime/sessions/{identity}/stream", headers=headers) as response:
                    _refused(response)
                    for last, event in read_lines(response.iter_lines()):
                        failures = 0
                        if last is not None:
                            headers["Last-Event-ID"] = last
                        yield event
                        if event.kind == "end":
                            return
            except httpx.HTTPError as error:
                failures += 1
                if failures >= _GIVE_UP:
                    raise Unavailable(f"the gateway at {url} does not answer ({error})") from error
            yield Event("lost", {})
            sleep(_RETRY_S)


def _refused(response: httpx.Response) -> None:
    if response.status_code in {502, 503, 504}:
        raise httpx.HTTPStatusError("away", request=response.request, response=response)
    if response.is_error:
        response.read()
        try:
            detail = response.json()["detail"]
        except (ValueError, KeyError):
            detail = response.text[:300]
        raise GatewayError(f"{response.status_code}: {detail}")
