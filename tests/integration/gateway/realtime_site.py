"""A realtime session's people and hosts: who begins it, publishes into it, and looks on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.integration.gateway.server import Gateway, Tenant
from tests.integration.gateway.sse import Event, Viewer
from tests.patience import PATIENCE_S
from vedette.auth.tokens import PublishGrant, publish_token


def begin(gateway: Gateway, *sources: str, scope: str = "read", **body: Any) -> dict[str, Any]:
    answer = gateway.call("POST", "/v1/realtime/sessions", scope, json={"sources": sources or ["web-1"], **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def token_of(gateway: Gateway, session: dict[str, Any], source: str = "web-1") -> str:
    grant = PublishGrant(gateway.ours.account, session["session"], source)
    return publish_token(grant, session["until_ms"], gateway.context.key)


def publish(gateway: Gateway, token: str, seq: int = 1, **body: Any) -> httpx.Response:
    frame = {"seq": seq, "ts": gateway.clock.now_ms(), "groups": {"cpu": {"cpu.used_ratio": 0.5}}, **body}
    headers = {"Authorization": f"Bearer {token}"}
    return gateway.client.post("/v1/realtime/frames", json=frame, headers=headers)


class Watcher:
    """Looks on: the events of a session's stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._viewer = Viewer.__new__(Viewer)
        self._viewer.retry_ms, self._viewer.last_id = 0, None
        self._events = self._viewer._parse(response.iter_lines())

    @property
    def last_id(self) -> str | None:
        return self._viewer.last_id

    def next(self, *kinds: str) -> Event:
        """The next event of these kinds."""
        return next(event for event in self._events if event.kind in kinds)

    def rest(self) -> list[Event]:
        """What comes until the gateway ends the stream."""
        return [event for event in self._events if event.kind != "tick"]


@contextmanager
def watching(
    gateway: Gateway, identity: str, since: str | None = None, token: str | None = None, tenant: Tenant | None = None
) -> Iterator[Watcher]:
    headers = {"Authorization": f"Bearer {token or (tenant or gateway.ours).tokens['read']}"}
    if since is not None:
        headers["Last-Event-ID"] = since
    with (
        httpx.Client(base_url=gateway.url, timeout=PATIENCE_S) as client,
        client.stream("GET", f"/v1/realtime/sessions/{identity}/stream", headers=headers) as response,
    ):
        assert response.status_code == 200
        watcher = Watcher(response)
        assert watcher.next("session").data["sources"]
        yield watcher
