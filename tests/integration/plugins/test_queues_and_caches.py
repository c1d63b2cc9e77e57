"""Plugins for queues and caches, against the real servers."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from agent.plugins.native.beanstalkd import BeanstalkdPlugin
from agent.plugins.native.memcached import MemcachedPlugin
from agent.plugins.native.redis_queue import RedisQueuePlugin
from agent.plugins.native.sidekiq import SidekiqPlugin
from tests.integration.plugins.servers import free_port, installed, wait_until
from tests.integration.plugins.test_files_and_processes import good
from tests.integration.plugins.test_redis import redis
from vedette_plugin.connecting import connect
from vedette_plugin.resp import Client
from vedette_plugin.testing import run_once


def listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(*command: str, port: int) -> Iterator[str]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(partial(listens, port), process)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()


def talk(address: str, *lines: bytes) -> None:
    """Say lines to a server, and wait for its answers to all of them."""
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        for line in lines:
            connection.sendall(line + b"\r\n")
            assert connection.recv(4096)


def test_memcached_tells_hits_items_and_memory() -> None:
    port = free_port()
    command = [installed("memcached", "memcached"), "-u", "root", "-l", "127.0.0.1", "-m", "64", "-c", "50"]
    with running(*command, "-p", str(port), port=port) as address:
        talk(address, b"set a 0 0 3\r\nabc", b"get a", b"get b")
        found = good(run_once(MemcachedPlugin, {"address": address}))
    assert {name.partition(".")[2] for name in found} == {metric.name for metric in MemcachedPlugin.metrics}
    assert (found["memcached.items"], found["memcached.hits"], found["memcached.misses"]) == (1, 1, 1)
    assert (found["memcached.gets"], found["memcached.sets"]) == (2, 1)
    assert found["memcached.max_bytes"] == 64 << 20
    assert 0 < found["memcached.used_ratio"] < 0.1
    assert found["memcached.connections_ratio"] == pytest.approx(found["memcached.connections"] / 50)


def test_beanstalkd_tells_the_jobs_of_each_tube() -> None:
    port = free_port()
    with running(installed("beanstalkd", "beanstalkd"), "-l", "127.0.0.1", "-p", str(port), port=port) as address:
        job = b"put 1 %d 60 1\r\nx"
        talk(address, b"use mail", job % 0, job % 0, job % 1000, b"watch mail", b"reserve", b"bury 1 1")
        found = good(run_once(BeanstalkdPlugin, {"address": address}))
        only = good(run_once(BeanstalkdPlugin, {"address": address, "tubes": ["default", "gone"]}))
    states = [found[f'beanstalkd.{state}{{tube="mail"}}'] for state in ("ready", "reserved", "delayed", "buried")]
    assert states == [1, 0, 1, 1]
    assert found["beanstalkd.jobs"] == 3
    assert found['beanstalkd.ready{tube="default"}'] == 0
    assert not [name for name in only if "mail" in name]
    assert only['beanstalkd.ready{tube="gone"}'] == 0


def test_queues_in_redis_are_as_long_as_they_are(tmp_path: Path) -> None:
    with redis(tmp_path) as address, connect(address, timeout_s=5) as connection, Client(connection) as server:
        server.ask("LPUSH", "celery", "a", "b", "c")
        server.ask("ZADD", "later", "1", "a", "2", "b")
        server.ask("XADD", "stream", "*", "a", "b")
        server.ask("SET", "text", "x")
        run = run_once(RedisQueuePlugin, {"address": address, "keys": ["celery", "later", "stream", "none", "text"]})
    lengths = {name.split('"')[1]: value for name, value in good(run).items()}
    assert lengths == {"celery": 3, "later": 2, "stream": 1, "none": 0}
    assert run.errors == [("text is a string: it has no length", "")]


def test_sidekiq_is_read_from_the_keys_that_it_keeps(tmp_path: Path) -> None:
    with (
        redis(tmp_path, "--requirepass", "open sesame") as address,
        connect(address, timeout_s=5) as connection,
        Client(connection) as server,
    ):
        server.log_in("", "open sesame", 3)
        now = time.time()
        jobs = [json.dumps({"class": "Mail", "enqueued_at": at}) for at in (now - 5, now - 90)]
        for key, value in (("stat:processed", "5000000"), ("stat:failed", "7")):
            server.ask("SET", key, value)
        server.ask("SADD", "queues", "default", "slow", "empty")
        server.ask("LPUSH", "queue:default", jobs[1], jobs[0])
        server.ask("LPUSH", "queue:slow", json.dumps({"enqueued_at": round((now - 400) * 1000)}))
        server.ask("ZADD", "retry", "1", "x", "2", "y")
        server.ask("SADD", "processes", "host:1:a", "host:2:gone")
        server.ask("HSET", "host:1:a", "busy", "4")
        options = {"address": address, "password": "open sesame", "database": 3}
        found = good(run_once(SidekiqPlugin, options))
        refused = run_once(SidekiqPlugin, {**options, "password": "wrong"})
    assert (found["sidekiq.processed"], found["sidekiq.failed"]) == (5_000_000, 7)
    assert found['sidekiq.enqueued{queue="default"}'] == 2
    assert found['sidekiq.latency_s{queue="default"}'] == pytest.approx(90, abs=10)
    assert found['sidekiq.latency_s{queue="slow"}'] == pytest.approx(400, abs=10)
    assert found['sidekiq.latency_s{queue="empty"}'] == 0
    assert (found["sidekiq.retries"], found["sidekiq.dead"], found["sidekiq.scheduled"]) == (2, 0, 0)
    assert (found["sidekiq.processes"], found["sidekiq.busy"]) == (1, 4)
    assert refused.failure is not None
    assert "WRONGPASS" in refused.failure.subject
