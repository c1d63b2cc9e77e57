"""The connection: requests to the gateway with the right credential, and answers as values or errors."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from vedette_client.answers import check
from vedette_client.errors import Misuse, NotAuthenticated, Unavailable, Unreachable
from vedette_client.transports.http import base_of, may_use_proxy


class Connection:
    """Authenticates by an API token, or by a session that is begun when needed and renewed when it has ended."""

    def __init__(self, url: str, token: str | None, email: str | None, password: str | None, timeout_s: float) -> None:
        if (token is None) == (email is None) or (email is None) != (password is None):
            raise Misuse("credentials: allowed are a token, or email and password")
        base = base_of(url)
        self._email = email
        self._password = password
        self._access = token
        self._refresh: str | None = None
        self._client = httpx.Client(base_url=base, timeout=timeout_s, trust_env=may_use_proxy(base))

    def login(self) -> None:
        """Begin a session as the user."""
        if self._email is None:
            raise Misuse("login: allowed with email and password only; a token needs none")
        self._begin("/v1/auth/login", {"email": self._email, "password": self._password})

    def object(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The answer as a JSON object; empty if there is none."""
        response = self._authenticated(method, path, request)
        if not response.content:
            return {}
        try:
            return msgspec.json.decode(response.content, type=dict[str, Any])
        except msgspec.DecodeError as error:  # something in between answered, not the gateway
            raise Unavailable(f"not the gateway's answer: {response.text[:200]}") from error

    def list(self, method: str, path: str, name: str, **request: Any) -> list[dict[str, Any]]:
        """The list that the answer holds under `name`."""
        found = self.object(method, path, **request).get(name)
        if not isinstance(found, list):
            raise Unavailable(f"not the gateway's answer: it has no list of {name}")
        return found

    def close(self) -> None:
        """Close the connection; the session ends by itself."""
        self._client.close()

    def _authenticated(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        if self._access is None:
            self.login()
        try:
            return self._once(method, path, request)
        except NotAuthenticated:
            if self._refresh is None:
                raise
        try:
            self._begin("/v1/auth/refresh", {"refresh_token": self._refresh})
        except NotAuthenticated:
            self.login()
        return self._once(method, path, request)

    def _once(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._access}"} | request.get("headers", {})
        return self._send(method, path, {**request, "headers": headers})

    def _begin(self, path: str, body: dict[str, Any]) -> None:
        answer = self._send("POST", path, {"json": body})
        found = msgspec.json.decode(answer.content, type=dict[str, Any])
        self._access, self._refresh = found["access_token"], found["refresh_token"]

    def _send(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        try:
            return check(self._client.request(method, path, **request))
        except httpx.HTTPError as error:
            raise Unreachable(f"{self._client.base_url} does not answer: {error!r}") from error
