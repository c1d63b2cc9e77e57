"""The plugin `redis` against a real server."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.plugins.native.redis import RedisPlugin
from tests.integration.plugins.servers import free_port, installed, wait_until
from tests.patience import PATIENCE_S
from vedette_plugin.testing import run_once


@contextmanager
def redis(folder: Path, *settings: str) -> Iterator[str]:
    """A server of its own; its address."""
    port = free_port()
    program = installed("redis-server", "redis-server")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", *settings]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: answers(port), process)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()


def answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def say(address: str, *words: str) -> bytes:
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        connection.sendall((" ".join(words) + "\r\n").encode())
        return connection.recv(4096)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with redis(tmp_path, "--maxmemory", "100mb", "--repl-diskless-sync-delay", "0") as address:
        yield address


def test_it_reports_what_the_server_knows(server: str) -> None:
    say(server, "SET", "a", "1")
    say(server, "GET", "a")
    say(server, "GET", "b")
    run = run_once(RedisPlugin, {"address": server})
    assert run.failure is None
    assert run.finite()
    assert run.undeclared == []
    assert run.values['redis.keys{db="0"}'] == 1
    assert run.values["redis.hits"] == 1
    assert run.values["redis.misses"] == 1
    assert run.values["redis.max_bytes"] == 100 << 20
    assert 0 < run.values["redis.used_ratio"] < 0.5
    assert run.values["redis.save_ok"] == 1
    assert "redis.master_link_up" not in run.values
    assert run.kinds["redis.commands"] == "counter"
    assert run.kinds["redis.clients"] == "gauge"


def test_every_metric_of_a_replica_is_reported_between_both_sides(server: str, tmp_path: Path) -> None:
    host, _, port = server.partition(":")
    (tmp_path / "replica").mkdir()
    say(server, "SET", "a", "1")
    with redis(tmp_path / "replica", "--replicaof", host, port) as replica:
        deadline = time.monotonic() + PATIENCE_S
        while run_once(RedisPlugin, {"address": replica}).values["redis.master_link_up"] == 0:
            assert time.monotonic() < deadline
        run = run_once(RedisPlugin, {"address": replica})
        assert run.values["redis.master_silent_s"] >= 0
        both = run.values.keys() | run_once(RedisPlugin, {"address": server}).values.keys()
        assert run_once(RedisPlugin, {"address": server}).values["redis.replicas"] == 1
    assert {name.partition("{")[0] for name in both} == {f"redis.{metric.name}" for metric in RedisPlugin.metrics}


def test_a_password_is_used_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    with redis(tmp_path, "--requirepass", "open sesame") as address:
        assert run_once(RedisPlugin, {"address": address, "password": "open sesame"}).failure is None
        refused = run_once(RedisPlugin, {"address": address, "password": "wrong"})
        assert refused.failure is not None
        assert "WRONGPASS" in refused.failure.subject
        none = run_once(RedisPlugin, {"address": address})
        assert none.failure is not None
        assert "NOAUTH" in none.failure.subject


def test_a_unix_socket_is_an_address_too(tmp_path: Path) -> None:
    with redis(tmp_path, "--unixsocket", str(tmp_path / "r.sock")):
        assert run_once(RedisPlugin, {"address": str(tmp_path / "r.sock")}).values["redis.clients"] >= 1


def test_nobody_at_the_address_is_told_with_the_address() -> None:
    address = f"127.0.0.1:{free_port()}"
    run = run_once(RedisPlugin, {"address": address})
    assert run.failure is not None
    assert address in run.failure.subject
    assert run.values == {}


def test_a_server_that_is_not_redis_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        port = listener.getsockname()[1]
        found = pool.submit(run_once, RedisPlugin, {"address": f"127.0.0.1:{port}"})
        other, _ = listener.accept()
        with other:
            other.sendall(b"HTTP/1.1 400 Bad Request\r\n")
            failure = found.result(20).failure
    assert failure is not None
    assert failure.subject == "this is not Redis"


def test_a_server_that_says_nothing_costs_only_the_time_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        run = run_once(RedisPlugin, {"address": f"127.0.0.1:{listener.getsockname()[1]}"}, timeout_s=0.2)
    assert run.failure is not None
    assert "timed out" in run.failure.subject
