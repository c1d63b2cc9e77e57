"""From a failing endpoint and a silent host to one start and one end, though worker and receiver die in between."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256

import pytest

from tests.e2e.installation import Installation, eventually
from tests.e2e.outside import Receiver, Target

pytestmark = pytest.mark.e2e
SECRET = "a-secret-for-the-signature"
STILL_SILENT_S = 6.0
"""Longer than `VEDETTE_SILENT_MIN_S` of the installation."""


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory, installation: Installation) -> Iterator[Receiver]:
    found = Receiver(tmp_path_factory.mktemp("receiver"))
    found.start()
    config = {"url": f"http://127.0.0.1:{found.port}/hook", "secret": SECRET}
    body = {"name": "e2e", "kind": "webhook", "config": config}
    channel = installation.call("POST", "/v1/channels", json=body)["id"]
    yield found
    installation.call("DELETE", f"/v1/channels/{channel}")
    found.kill()


@pytest.fixture
def target() -> Iterator[Target]:
    found = Target()
    yield found
    found.server.shutdown()
    found.server.server_close()


def states(installation: Installation, subject: str) -> list[str]:
    """The states of a subject's alerts, the newest first."""
    alerts = installation.call("GET", "/v1/alerts")["alerts"]
    return [alert["state"] for alert in alerts if alert["subject"] == subject]


def firing(installation: Installation, subject: str, state: str) -> bool:
    return states(installation, subject)[:1] == [state]


def test_a_failing_endpoint_gives_one_start_and_after_repair_one_end(
    installation: Installation, receiver: Receiver, target: Target
) -> None:
    spec = {"name": "e2e target", "url": target.url, "interval_s": 1, "timeout_s": 1, "apdex_t_ms": 100}
    monitor = installation.call("POST", "/v1/monitors", json=spec)["id"]
    subject = f"monitor:{monitor}"

    def state() -> str:
        return str(installation.call("GET", f"/v1/monitors/{monitor}")["state"])

    eventually("the endpoint is up", lambda: state() == "up")
    receiver.kill()
    target.status = 503
    eventually("the alert fires", lambda: firing(installation, subject, "firing"))
    installation.kill("alert-worker")
    receiver.start()
    eventually("the start arrives", lambda: "start" in receiver.events(subject).values())
    receiver.kill()
    installation.kill("alert-worker")
    target.status = 200
    eventually("the alert ends", lambda: firing(installation, subject, "resolved"))
    installation.kill("alert-worker")
    receiver.start()
    eventually("the end arrives", lambda: "end" in receiver.events(subject).values())
    assert sorted(receiver.events(subject).values()) == ["end", "start"]
    installation.call("DELETE", f"/v1/monitors/{monitor}")


@contextmanager
def again_and_again(report: Callable[[], None]) -> Iterator[None]:
    """Reports each half second beside the block; an error of it is the block's."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.5):
            report()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            yield
        finally:
            stop.set()
        running.result()


def test_a_host_that_falls_silent_gives_one_start_and_on_its_return_one_end(
    installation: Installation, receiver: Receiver
) -> None:
    seq = 0

    def report(source: str = "ghost") -> None:
        nonlocal seq
        seq += 1
        now = time.time_ns() // 1_000_000
        body = {"source": source, "epoch": 1, "seq": seq, "ts": now, "values": {"alive": 1}, "interval_ms": 1000}
        installation.call("POST", "/v1/ingest/samples", json=body)

    def known(source: str = "ghost") -> bool:
        sources = installation.call("GET", "/v1/sources")["sources"]
        return any(row["source"] == source for row in sources)

    report()
    eventually("the host is known", known)
    receiver.kill()
    eventually("the alert fires", lambda: firing(installation, "source:ghost", "firing"))
    installation.kill("alert-worker")
    installation.kill("flow-rollup")
    receiver.start()
    eventually("the start arrives", lambda: "start" in receiver.events("source:ghost").values())

    # A flow that begins again has heard of nobody yet: it must not take the silent host for one that is back.
    def reads_again() -> bool:
        report("witness")
        return known("witness")

    eventually("the flow that was killed reads again", reads_again)
    since = time.monotonic()

    def still_silent() -> bool:
        assert list(receiver.events("source:ghost").values()) == ["start"]
        assert states(installation, "source:ghost") == ["firing"]
        return time.monotonic() - since > STILL_SILENT_S

    eventually("the host has been silent for longer than a silence must be", still_silent)

    receiver.kill()
    with again_and_again(report):  # it stays alive, however long processes take to die and start
        eventually("the alert ends", lambda: firing(installation, "source:ghost", "resolved"))
        installation.kill("alert-worker")
        receiver.start()
        eventually("the end arrives", lambda: "end" in receiver.events("source:ghost").values())
    assert sorted(receiver.events("source:ghost").values()) == ["end", "start"]


def test_every_webhook_is_signed_and_its_keys_never_change_their_meaning(receiver: Receiver) -> None:
    bodies: dict[str, str] = {}
    assert receiver.requests()
    for request in receiver.requests():
        headers = request["headers"]
        text = f"{headers['X-Vedette-Timestamp']}.{request['body']}".encode()
        expected = "sha256=" + hmac.new(SECRET.encode(), text, sha256).hexdigest()
        assert hmac.compare_digest(headers["X-Vedette-Signature"], expected)
        assert bodies.setdefault(headers["Idempotency-Key"], request["body"]) == request["body"]
