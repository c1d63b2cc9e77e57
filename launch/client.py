"""The command line's way to a gateway: `VEDETTE_URL` and `VEDETTE_TOKEN`, or what `vedette up` has left behind."""

from __future__ import annotations

import os
import re
from typing import Any

import httpx

from launch.up.folder import DEFAULT, DataFolder
from launch.variables import secret
from vedette.errors import ConfigurationError, Unavailable, VedetteError
from vedette.storable import check_storable


class GatewayError(VedetteError):
    """The gateway answered with a problem; the text is its own."""

    code = "gateway"


class Gateway:
    """Calls of the API that raise a `VedetteError` with the gateway's own words when one is refused."""

    def __init__(self, url: str, token: str, timeout_s: float = 30) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_s,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),  # a command asks once: nothing stays open behind it
        )

    def call(
        self, method: str, path: str, *, body: Any = None, params: Any = None, content: bytes | None = None
    ) -> Any:
        """The decoded answer; None where there is no body. `content` is sent as it is, instead of a body in JSON."""
        response = self._ask(method, path, body=body, params=params, content=content)
        return response.json() if response.content else None

    def fetch(self, path: str, *, params: Any = None) -> bytes:
        """A file, as it is."""
        return self._ask("GET", path, params=params).content

    def _ask(
        self, method: str, path: str, *, body: Any = None, params: Any = None, content: bytes | None = None
    ) -> httpx.Response:
        check_storable(body)
        try:
            response = self._client.request(method, path, json=body, params=params, content=content)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"the gateway at {self._client.base_url} does not answer ({error}); is `vedette up` running?"
            ) from error
        if response.is_success:
            return response
        try:
            detail = response.json()["detail"]
        except (ValueError, KeyError):
            detail = response.text[:300]
        raise GatewayError(f"{response.status_code}: {detail}")


def data_folder() -> DataFolder:
    """The folder that `VEDETTE_DATA` names, or `.vedette` here."""
    from pathlib import Path

    return DataFolder(Path(os.environ.get("VEDETTE_DATA", DEFAULT)).resolve())


def access() -> tuple[str, str]:
    """The gateway's URL and a token; `ConfigurationError` if none is known, or the token cannot be one."""
    folder = data_folder()
    url = os.environ.get("VEDETTE_URL") or folder.read_address().get("url")
    token = secret("VEDETTE_TOKEN")
    if token is None and folder.token("cli").exists():
        token = folder.token("cli").read_text(encoding="utf-8").strip()
    if url is None or token is None:
        missing = "VEDETTE_URL" if url is None else "VEDETTE_TOKEN"
        raise ConfigurationError(
            missing, "<not set>", f"set it, or run this where `vedette up` keeps its data (looked in {folder.root})"
        )
    if re.fullmatch(r"[!-~]+", token) is None:
        raise ConfigurationError("VEDETTE_TOKEN", "***", "an API token (vdt_…): ASCII without spaces")
    return url, token


def gateway(timeout_s: float = 30) -> Gateway:
    """The gateway to talk to; `ConfigurationError` if none is known, or its address or token cannot be one."""
    url, token = access()
    try:
        return Gateway(url, token, timeout_s)
    except httpx.InvalidURL as error:
        raise ConfigurationError("VEDETTE_URL", url, f"the gateway's address, as http://host:8420 ({error})") from error


def database() -> str:
    """The database to work on: `VEDETTE_DSN` (or `VEDETTE_DSN_FILE`), or that of a running `vedette up`."""
    from vedette.settings import StoreSettings

    known = data_folder().read_address().get("dsn")
    if known is not None and "VEDETTE_DSN" not in os.environ and "VEDETTE_DSN_FILE" not in os.environ:
        return known
    return StoreSettings.load().dsn.get_secret_value()
