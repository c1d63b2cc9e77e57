"""The gateway's API for model owners, as methods: models, references, drift, metrics, alerts."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Any, Literal, Self

from vedette_client.connection import Connection
from vedette_client.instants import Instant, milliseconds
from vedette_client.models import Models
from vedette_client.references import References


class VedetteClient:
    """Asks the gateway at `url`, with an API token or as a user with e-mail address and password.

    Every method is one request, blocks for it, and raises an error of `errors`; one whose `retriable` is true may be
    tried again. One thread at a time, or a client for each. Nothing is sent before the first call.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        email: str | None = None,
        password: str | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        self._connection = Connection(url, token, email, password, timeout_s)
        self.models = Models(self._connection)
        self.references = References(self._connection)
        self._pid = -1
        self._epoch = ""
        self._seq = 0

    def login(self) -> None:
        """Sign in as the user now. Otherwise the first request does so, and later ones renew the session."""
        self._connection.login()

    def drift(self, model: int | str, start: Instant, end: Instant, **filters: str | int) -> dict[str, Any]:
        """Drift of a model's features over the windows between two instants. `filters` are further parameters, such as
        `segment="de"`."""
        params = {"from": milliseconds(start), "to": milliseconds(end), **filters}
        return self._connection.object("GET", f"/v1/models/{model}/drift", params=params)

    def post_metrics(
        self, model: int, values: Mapping[str, float], *, version: str | None = None, at: Instant | None = None
    ) -> dict[str, Any]:
        """Report metrics of a model, all of one time (None: now); what the gateway refused of them, and why.

        Numbers of a message are given once: a call that is repeated after an error may count twice.
        """
        if self._pid != os.getpid():  # a forked child counts by itself
            self._pid, self._epoch, self._seq = os.getpid(), secrets.token_hex(8), 0
        self._seq += 1
        content: dict[str, Any] = {"version": version, "epoch": self._epoch, "seq": self._seq}
        content |= {"names": list(values), "values": list(values.values())}
        if at is not None:
            content["ts"] = [milliseconds(at)] * len(values)
        return self._connection.object("POST", f"/v1/models/{model}/metrics", json=content)

    def metrics(self, model: int, start: Instant, end: Instant, **filters: str) -> dict[str, Any]:
        """A model's metrics over the windows between two instants. `filters` are `version` and `metric`."""
        params = {"from": milliseconds(start), "to": milliseconds(end), **filters}
        return self._connection.object("GET", f"/v1/models/{model}/metrics", params=params)

    def segments(self, model: int | str, start: Instant, end: Instant, **filters: str | int) -> dict[str, Any]:
        """Drift by segment between two instants: each segment with its features, the worst first."""
        params = {"from": milliseconds(start), "to": milliseconds(end), **filters}
        return self._connection.object("GET", f"/v1/models/{model}/segments", params=params)

    def alerts(self, state: Literal["firing", "resolved"] | None = None, limit: int = 200) -> list[dict[str, Any]]:
        """The account's alerts, newest first: all, or those in one state."""
        params = {"limit": limit} | ({} if state is None else {"state": state})
        return self._connection.list("GET", "/v1/alerts", "alerts", params=params)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
