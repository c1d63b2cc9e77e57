"""A real gateway: the app under uvicorn in a thread, on a loopback port, over a real log and a real database."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx
import uvicorn

from ingest_api.app import create_app
from ingest_api.context import Context
from ingest_api.day_memory import DayMemory
from ingest_api.protocol import GatewayProtocol
from ingest_api.stream.hub import Hub
from ingest_api.tokens import TokenCache
from tests.patience import PATIENCE_S
from vedette.auth.tokens import load_key
from vedette.clock import FakeClock
from vedette.history.opening import open_history
from vedette.log import Log, Record, open_log
from vedette.settings import GatewaySettings, TableSettings
from vedette.store import accounts
from vedette.store.pool import Store
from vedette.store.series import Catalogue

PASSWORD = "a long enough password"
Wrap = Callable[[Log], Log]


FOR_EVER = TableSettings(keep_10s_days=0, keep_1m_days=0, keep_1h_days=0, keep_1d_days=0)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account with a user and an API token of each scope."""

    account: int
    email: str
    tokens: dict[str, str]


def add_tenant(store: Store, name: str) -> Tenant:
    """Make an account with everything in it."""
    account = accounts.ensure_account(store, name)
    email = f"{name}@example.org"
    accounts.add_user(store, account, email, PASSWORD, ["admin"])
    scopes = ("ingest", "agent", "probe", "read", "respond", "admin")
    return Tenant(account, email, {s: accounts.add_api_token(store, account, s, [s]) for s in scopes})


class Gateway:
    """Serves from `with` on. Its clock stands still unless a test moves it.

    `beside` is another gateway over the same database: the accounts are then there already.
    """

    def __init__(
        self,
        dsn: str,
        folder: Path,
        *,
        wrap: Wrap = lambda log: log,
        store_timeout_s: float = 5.0,
        static: Path | None = None,
        tables: TableSettings | None = None,
        beside: Gateway | None = None,
        log_url: str | None = None,
        **settings: Any,
    ) -> None:
        self.settings = GatewaySettings.load(
            dsn=dsn, log_url=log_url or f"embedded://{folder}/events.db", key_dir=folder / "keys", **settings
        )
        self.clock = FakeClock()
        self.log = open_log(self.settings)
        seen = wrap(self.log)
        self.store = Store(dsn, pool_size=4, timeout_s=store_timeout_s)
        self.context = Context(
            settings=self.settings,
            log=seen,
            store=self.store,
            clock=self.clock,
            key=load_key(self.settings.key_dir),
            catalogue=Catalogue(self.store),
            tokens=TokenCache(self.store, self.clock),
            hub=Hub(seen),
            days=DayMemory(self.clock),
            history=open_history(self.store, self.clock, self.settings, tables or FOR_EVER),
        )
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.app = app = create_app(lambda: self.context, static or folder / "no page")
        config = uvicorn.Config(
            app, loop="uvloop", http=GatewayProtocol, log_level="warning", access_log=False, timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._ours = beside.ours if beside else add_tenant(self.store, "ours")
        self._theirs = beside.theirs if beside else add_tenant(self.store, "theirs")
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE_S)

    @property
    def ours(self) -> Tenant:
        """The account that most tests are about."""
        return self._ours

    @property
    def theirs(self) -> Tenant:
        """Another account, which must never see anything of `ours`."""
        return self._theirs

    def __enter__(self) -> Self:
        self._thread.start()
        # The socket listens only when the app has started; until then connections are refused.
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            client.get(f"{self.url}/healthz").raise_for_status()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()

    def call(
        self, method: str, path: str, scope: str | None = "admin", *, tenant: Tenant | None = None, **request: Any
    ) -> httpx.Response:
        """A request with the API token of a scope, or without one."""
        headers = dict(request.pop("headers", {}))
        if scope is not None:
            headers["Authorization"] = f"Bearer {(tenant or self.ours).tokens[scope]}"
        return self.client.request(method, path, headers=headers, **request)

    def get(self, path: str, scope: str | None = "read", **request: Any) -> httpx.Response:
        """`call` with GET."""
        return self.call("GET", path, scope, **request)

    def ingest(
        self,
        what: Literal["samples", "checks"],
        body: Any,
        scope: str | None = "ingest",
        *,
        tenant: Tenant | None = None,
        **headers: str,
    ) -> httpx.Response:
        """A report, as bytes or as anything that JSON has; `Content_Encoding="gzip"` sets that header."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Content-Type": "application/json", **{n.replace("_", "-"): v for n, v in headers.items()}}
        return self.call("POST", f"/v1/ingest/{what}", scope, tenant=tenant, content=content, headers=named)

    def token(self, *scopes: str, subject: str | None = None, tenant: Tenant | None = None) -> Tenant:
        """The tenant with one more token, under the name `it`."""
        whose = tenant or self.ours
        token = accounts.add_api_token(self.store, whose.account, "one more", list(scopes), subject)
        return replace(whose, tokens={**whose.tokens, "it": token})


class Tail:
    """What comes into a topic after this was made."""

    def __init__(self, log: Log, topic: str) -> None:
        self._log = log
        self._topic = topic
        self._starts = [bounds.end for bounds in log.bounds(topic)]

    def read(self) -> list[Record]:
        """All of it, partition by partition."""
        return [
            record
            for partition, start in enumerate(self._starts)
            for record in self._log.read(self._topic, partition, start, 100_000)
        ]
