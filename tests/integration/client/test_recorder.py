"""The recorder over real HTTP, in threads, event loops, forked and ending processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.integration.client.gateway import Gateway
from tests.patience import PATIENCE_S
from vedette_client import Recorder
from vedette_client.transports.http import HttpTransport

ROOT = Path(__file__).parents[3]
QUICK: dict[str, Any] = {"tick_s": 0.005, "batch_age_s": 0.01}


def recorder(gateway: Gateway, **options: Any) -> Recorder:
    return Recorder(gateway.url, "vdt_secret", model="m", **{**QUICK, **options})


def test_a_message_arrives_with_its_token(gateway: Gateway) -> None:
    with recorder(gateway, version="7") as rec:
        rec.record({"a": 1.5, "b": None}, prediction="yes", id="x")
    (method, path, headers, _) = gateway.requests[0]
    assert (method, path, headers["Authorization"], headers["Content-Type"]) == (
        "POST", "/v1/features", "Bearer vdt_secret", "application/json",
    )  # fmt: skip
    (message,) = gateway.messages
    assert (message["columns"], message["predictions"]) == ({"a": [1.5], "b": [None]}, ["yes"])
    assert rec.counters.sent == 1


def test_an_arrow_message_has_its_identity_in_headers(gateway: Gateway) -> None:
    gateway.answers.append(204)
    with recorder(gateway, encoding="arrow") as rec:
        rec.record({"a": 1.5})
    headers = gateway.requests[0][2]
    assert headers["Content-Type"] == "application/vnd.apache.arrow.stream"
    assert headers["X-Vedette-Seq"] == "1"
    assert len(headers["X-Vedette-Epoch"]) == 16


@pytest.mark.parametrize("failure", [500, 503, 429, "cut", "take and cut", "hang"])
def test_a_failure_is_survived_and_nothing_arrives_twice(gateway: Gateway, failure: int | str) -> None:
    gateway.answers.append(failure)
    transport = HttpTransport(gateway.url, "t", timeout_s=0.2 if failure == "hang" else PATIENCE_S)
    with recorder(gateway, transport=transport) as rec:
        rec.record({"a": 1})
        assert rec.flush(PATIENCE_S)
    assert gateway.column("a") == [1]
    if failure != "hang":  # on a busy machine a second request may take too long as well
        assert len(gateway.requests) == 2
        assert gateway.duplicates == (1 if failure == "take and cut" else 0)
    assert rec.counters.sent == 1


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_refusal_is_counted_and_not_tried_again(gateway: Gateway, status: int) -> None:
    gateway.answers.append(status)
    with recorder(gateway) as rec:
        rec.record({"a": 1})
        assert rec.flush(PATIENCE_S)
    assert rec.counters.rejected == 1
    assert f"the test answers {status}" in (rec.last_error or "")
    assert len(gateway.requests) == 1


def test_a_message_that_is_too_large_arrives_in_parts(gateway: Gateway) -> None:
    gateway.answers += [413, 413]
    with recorder(gateway) as rec:
        for number in range(8):
            rec.record({"a": number})
        assert rec.flush(PATIENCE_S)
    assert gateway.column("a") == list(range(8))
    assert [len(message["ts"]) for message in gateway.messages] == [2, 2, 4]
    assert rec.counters.sent == 8


def test_what_the_gateway_refused_of_a_message_that_it_took_is_logged(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.routes["POST", "/v1/features"] = {"rows": 1, "late": 2, "refused": {"a\nb": "an impossible name"}}
    gateway.routes["POST", "/v1/outcomes"] = {"refused_rows": 1, "refused": [{"row": 0, "reason": "no id"}]}
    with recorder(gateway) as rec:
        rec.record({"a": 1})
        rec.record_outcome("1", 1)
    assert "an impossible name" in caplog.text
    assert "an outcome: no id" in caplog.text
    assert "times are beyond what is taken" in caplog.text


def test_many_threads_lose_nothing(gateway: Gateway) -> None:
    with recorder(gateway, batch_rows=500) as rec:
        threads = [
            threading.Thread(target=lambda base=base: [rec.record({"a": base + n}) for n in range(2000)])
            for base in range(0, 16_000, 2000)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert rec.flush(PATIENCE_S)
    assert sorted(gateway.column("a")) == list(range(16_000))


def test_an_async_program_records_while_the_gateway_hangs(gateway: Gateway) -> None:
    gateway.answers.append("hang")

    async def serve() -> int:
        rec = recorder(gateway)
        rec.record({"a": -1})
        await asyncio.to_thread(gateway.wait_for, lambda: gateway.requests)
        for number in range(1000):
            rec.record({"a": number})
            await asyncio.sleep(0)
        waiting = rec.counters.waiting
        gateway.released.set()
        assert await asyncio.to_thread(rec.flush, PATIENCE_S)
        await asyncio.to_thread(rec.close)
        return waiting

    assert asyncio.run(serve()) == 1001
    assert sorted(gateway.column("a")) == list(range(-1, 1000))


def test_a_recorder_that_is_closed_while_the_gateway_hangs_ends_in_time(gateway: Gateway) -> None:
    gateway.answers.append("hang")
    rec = recorder(gateway)
    rec.record({"a": 1})
    gateway.wait_for(lambda: gateway.requests)
    rec.close(0.1)
    assert (rec.counters.dropped, rec.counters.waiting) == (1, 0)


def in_child(work: Any) -> None:
    """Fork, do `work` in the child, and wait for it to end well."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - whatever it is, the child must not go on as the tests
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_begins_empty_and_sends_only_its_own_rows(gateway: Gateway) -> None:
    gateway.answers.append("hang")  # so that the parent has rows at every stage when it forks
    rec = recorder(gateway, batch_rows=2)
    for number in range(5):
        rec.record({"a": number})
    gateway.wait_for(lambda: gateway.requests)

    def child() -> None:
        assert rec.counters.accepted == 0
        rec.record({"a": 100})
        assert rec.flush(PATIENCE_S)
        rec.close()

    in_child(child)
    assert gateway.column("a") == [100]
    gateway.released.set()
    assert rec.flush(PATIENCE_S)
    rec.close()
    assert sorted(gateway.column("a")) == [0, 1, 2, 3, 4, 100]
    assert len(gateway.epochs()) == 2


WORKERS = """
import os, sys
from vedette_client import Recorder

rec = Recorder(sys.argv[1], "t", model="m")  # as with gunicorn's --preload: made before the workers are
children = []
for worker in range(3):
    child = os.fork()
    if child == 0:
        for row in range(10):
            rec.record({"a": worker * 10 + row})
        sys.exit()  # a worker ends as any program does, and its exit hook sends what waits
    children.append(child)
for child in children:
    assert os.waitpid(child, 0)[1] == 0
"""

ENDING = """
import sys
from vedette_client import Recorder

rec = Recorder(sys.argv[1], "t", model="m", batch_age_s=60)
for number in range(100):
    rec.record({"a": number})
if sys.argv[2] == "raise":
    raise SystemExit(3)
"""


def run(code: str, *arguments: str) -> int:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "client")}
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    ended = subprocess.run(command, env=environment, timeout=PATIENCE_S, capture_output=True, check=False)
    assert ended.stderr == b""
    return ended.returncode


def test_workers_of_a_preloading_server_each_send_their_own_rows_once(gateway: Gateway) -> None:
    assert run(WORKERS, gateway.url) == 0
    assert sorted(gateway.column("a")) == list(range(30))
    assert len(gateway.epochs()) == 3
    assert gateway.duplicates == 0


@pytest.mark.parametrize(("way", "code"), [("return", 0), ("raise", 3)])
def test_a_program_that_ends_sends_what_waits(gateway: Gateway, way: str, code: int) -> None:
    assert run(ENDING, gateway.url, way) == code
    assert sorted(gateway.column("a")) == list(range(100))


def test_the_package_needs_httpx_and_msgspec_alone() -> None:
    code = (
        "import sys; before = set(sys.modules); import vedette_client; "
        "assert not {'pyarrow', 'numpy', 'pandas', 'polars', 'vedette', 'kafka'} & set(sys.modules)"
    )
    assert run(code) == 0
