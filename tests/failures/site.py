"""A whole installation on the testbed: every process for real, with wires in between that can be cut."""

from __future__ import annotations

import contextlib
import http.server
import os
import secrets
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

from deploy.testbed.bed import Bed
from deploy.testbed.s3_server import REGION, s3_client
from tests.e2e.installation import eventually, free_port
from tests.failures.keeper import Keeper
from tests.failures.wires import Wire
from vedette.archive.objects import Objects, open_objects
from vedette.monitors import MonitorSpec
from vedette.settings import ArchiveSettings
from vedette.store import accounts, monitors
from vedette.store.migrate import migrate
from vedette.store.pool import Store

LONG = os.environ.get("VEDETTE_TEST_FAILURES") == "long"
OUT_S = 60.0 if LONG else 1.5
"""How long a part stays away."""
QUICK = {
    "VEDETTE_EPOCH_S": "0.5",
    "VEDETTE_FLUSH_S": "0.3",
    "VEDETTE_SETTLE_S": "1",
    "VEDETTE_IDLE_S": "2",
    "VEDETTE_ARCHIVE_FLUSH_S": "1",
    "VEDETTE_LEASE_S": "2",
    "VEDETTE_RELOAD_S": "1",
    # A stalled wire is given up so soon; a real one would be after ten times as long.
    "VEDETTE_STATEMENT_S": "4",
    "VEDETTE_KAFKA_DELIVERY_S": "4",
}
FLOWS = ("rollup", "endpoints", "alerts", "archive")
SOURCE, LOCATION = "failing-host", "failing-place"
DISK = "24m"
"""Of each spool: of memory, so that it is filled at once."""


class Site:
    """Processes by name in `keeper`, wires by name in `wires`: gateway-kafka, flow-database, agent-gateway, archive-s3.

    Flows that are named in `clusters` run as two processes.
    """

    def __init__(self, bed: Bed, folder: Path, clusters: tuple[str, ...] = ()) -> None:
        self.bed, self.folder, self._clusters = bed, folder, clusters
        self.keeper = Keeper(folder)
        self._kept = contextlib.ExitStack()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._addresses = bed.environment()
        self.dsn, bucket = self._database(), self._bucket()
        self._kafka = "kafka" if "kafka" in bed.running() else "kafka-1"
        self.wires = {
            "gateway-kafka": Wire(bed.wire(self._kafka)[1], bed.wire(self._kafka)[0]),
            "flow-database": Wire(urlsplit(self.dsn).port or 0),
            "agent-gateway": Wire(self.port),
            "archive-s3": Wire(urlsplit(self._addresses["VEDETTE_TEST_S3"]).port or 0),
        }
        for wire in self.wires.values():
            self._kept.callback(wire.close)
        self._archive = {
            "VEDETTE_ARCHIVE_URL": f"s3://{bucket}/raw",
            "VEDETTE_ARCHIVE_REGION": REGION,
            "VEDETTE_ARCHIVE_ACCESS_KEY": self._addresses["VEDETTE_TEST_S3_KEY"],
            "VEDETTE_ARCHIVE_SECRET_KEY": self._addresses["VEDETTE_TEST_S3_SECRET"],
        }
        own = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
        self._environment = own | QUICK | {
            "VEDETTE_DSN": self.dsn,
            "VEDETTE_LOG_URL": f"kafka://{self._addresses['VEDETTE_TEST_KAFKA']}",
            "VEDETTE_KAFKA_PREFIX": f"failures-{secrets.token_hex(4)}.",
            "VEDETTE_LOG_PARTITIONS": "2",
            "VEDETTE_KEY_DIR": str(folder / "keys"),
            "VEDETTE_PORT": str(self.port),
            "VEDETTE_SUPERVISED": "1",
            "VEDETTE_SOURCE": SOURCE,
            "VEDETTE_LOCATION": LOCATION,
            "VEDETTE_ALLOW_PRIVATE": "true",
            "VEDETTE_INTERVAL_S": "1",
        }  # fmt: skip
        self.store = Store(self.dsn, pool_size=2)
        self._kept.callback(self.store.close)
        self.account = accounts.ensure_account(self.store, "failures")
        self.token = accounts.add_api_token(self.store, self.account, "load", ["admin", "ingest", "read"])

    def objects(self) -> Objects:
        """The archive's object store, reached without a wire."""
        own = {name.removeprefix("VEDETTE_").lower(): value for name, value in self._archive.items()}
        return open_objects(ArchiveSettings.load(archive_endpoint=self._addresses["VEDETTE_TEST_S3"], **own))

    def start(self, flows: tuple[str, ...] = FLOWS) -> None:
        """Start the gateway and the flows; return when the gateway is ready."""
        wired = urlsplit(self.dsn)
        user = wired.netloc.rpartition("@")[0]
        database = self.wires["flow-database"].port
        through = urlunsplit(wired._replace(netloc=f"{user}@127.0.0.1:{database}"))
        log = f"kafka://127.0.0.1:{self.wires['gateway-kafka'].port}" if self._kafka == "kafka" else None
        self.keeper.start("gateway", ["gateway"], self._environment | ({"VEDETTE_LOG_URL": log} if log else {}))
        for flow in flows:
            more = {"VEDETTE_RECOVERY_DIR": str(self.folder / f"recovery-{flow}"), "VEDETTE_DSN": through}
            if flow in self._clusters:
                more["VEDETTE_PROCESSES"] = "2"
            if flow == "archive":
                more |= self._archive
                more["VEDETTE_ARCHIVE_ENDPOINT"] = f"http://127.0.0.1:{self.wires['archive-s3'].port}"
            self.keeper.start(f"flow-{flow}", ["flow", flow], self._environment | more)
        eventually("the gateway is ready", self.ready)

    def start_senders(self) -> None:
        """Start the agent, the probe with two monitors to check, and the alert worker; spools are on small disks."""
        endpoint = self._kept.enter_context(_endpoint())
        for name in ("first", "second"):
            monitors.add(
                self.store,
                self.account,
                MonitorSpec(name=name, url=endpoint, interval_s=1, timeout_s=1, apdex_t_ms=100),
            )
        through = f"http://127.0.0.1:{self.wires['agent-gateway'].port}"
        for kind in ("agent", "probe"):
            token = accounts.add_api_token(self.store, self.account, kind, [kind])
            disk = self.spool(kind)
            disk.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk)], check=True)
            self._kept.callback(subprocess.run, ["umount", "--lazy", str(disk)], check=False)
            own = {"VEDETTE_TOKEN": token, "VEDETTE_URL": through, "VEDETTE_SPOOL": str(disk)}
            self.keeper.start(kind, [kind], self._environment | own)
        self.start_worker("alert-worker")

    def start_worker(self, name: str, **more: str) -> None:
        """Start an alert worker, with more of its variables."""
        self.keeper.start(name, ["alert-worker"], self._environment | more)

    def spool(self, kind: str) -> Path:
        """The folder of a sender's spool, which is a disk of its own."""
        return self.folder / f"spool-{kind}"

    def ready(self) -> bool:
        """Whether the gateway says that it is ready."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        """End everything that was started here, processes first: a flow that cannot reach the database waits for it."""
        self.keeper.close()
        self._kept.close()

    def _database(self) -> str:
        server = self._addresses["VEDETTE_TEST_TIMESCALE"]
        name = f"failures_{secrets.token_hex(4)}"
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        dsn = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        migrate(dsn)
        return dsn

    def _bucket(self) -> str:
        name = f"failures-{secrets.token_hex(4)}"
        found = self._addresses
        client = s3_client(found["VEDETTE_TEST_S3"], found["VEDETTE_TEST_S3_KEY"], found["VEDETTE_TEST_S3_SECRET"])
        try:
            client.create_bucket(Bucket=name)
        finally:
            client.close()
        return name


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def _endpoint() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
