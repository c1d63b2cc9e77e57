"""A viewer of an event stream, as a browser's EventSource is one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from tests.integration.gateway.server import Gateway, Tenant


class Event(NamedTuple):
    """One event: its kind, its id if it has one, its data."""

    kind: str
    identity: str | None
    data: dict[str, Any]


class Viewer:
    """Reads events one by one; an event that does not come fails the test by the client's time-out."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._events = self._parse(response.iter_lines())
        self.retry_ms = 0
        self.last_id: str | None = None
        self.hello = next(self._events)
        assert self.hello.kind == "tick"

    def _parse(self, lines: Iterator[str]) -> Iterator[Event]:
        fields: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "retry":
                self.retry_ms = int(value)
            elif line and not line.startswith(":"):
                fields[name] = value
            elif "data" in fields:
                # An id stays in force until the next one comes.
                self.last_id = fields.get("id", self.last_id)
                yield Event(fields["event"], fields.get("id"), json.loads(fields["data"]))
                fields = {}

    def next(self) -> Event:
        """The next event that is no tick."""
        return next(event for event in self._events if event.kind != "tick")

    def take(self, count: int) -> list[Event]:
        """The next events that are no ticks."""
        return [self.next() for _ in range(count)]

    def rest(self) -> list[Event]:
        """What comes until the gateway ends the stream."""
        return list(self._events)


@contextmanager
def watch(
    gateway: Gateway, *, tenant: Tenant | None = None, token: str | None = None, since: str | None = None, **query: str
) -> Iterator[Viewer]:
    """An open stream, with a token of ours, of `tenant`, or the one given."""
    headers = {"Authorization": f"Bearer {token or (tenant or gateway.ours).tokens['read']}"}
    if since is not None:
        headers["Last-Event-ID"] = since
    with (
        httpx.Client(base_url=gateway.url, timeout=10) as client,
        client.stream("GET", "/v1/stream", params=query, headers=headers) as response,
    ):
        assert response.status_code == 200
        viewer = Viewer(response)  # held here: without a reference, its generator would close the response
        yield viewer
