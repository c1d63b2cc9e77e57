"""Plugins for PHP-FPM, lighttpd, Varnish, etcd, ZooKeeper and NATS, against the real servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from agent.plugins.native.etcd import EtcdPlugin
from agent.plugins.native.lighttpd import LighttpdPlugin
from agent.plugins.native.nats import NatsPlugin
from agent.plugins.native.php_fpm import PhpFpmPlugin
from agent.plugins.native.varnish import VarnishPlugin
from agent.plugins.native.zookeeper import ZookeeperPlugin
from tests.integration.plugins.clusters import listens, short_folder
from tests.integration.plugins.servers import free_port, installed, wait_until
from tests.integration.plugins.test_files_and_processes import good
from vedette_plugin.fastcgi import ask
from vedette_plugin.http import fetch
from vedette_plugin.plugin import Plugin
from vedette_plugin.testing import run_once


@contextmanager
def running(*command: str, port: int = 0, folder: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A server with all its processes, which are killed at the end."""
    with subprocess.Popen(
        command, process_group=0, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            if port:
                wait_until(partial(listens, port), process)
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def names(kind: type[Plugin], found: dict[str, float]) -> set[str]:
    return {name.partition("{")[0].removeprefix(f"{kind.name}.") for name in found}


def declared(kind: type[Plugin]) -> set[str]:
    return {metric.name for metric in kind.metrics}


PHP = """
[global]
error_log = {folder}/errors
daemonize = no
[www]
listen = {folder}/fpm.sock
listen.backlog = 64
{user}
pm = static
pm.max_children = 2
pm.status_path = /status
"""


def test_php_fpm_tells_its_workers_and_its_queue(tmp_path: Path) -> None:
    program = installed("php-fpm8.2", "php8.2-fpm")
    root = os.getuid() == 0
    with short_folder() as folder:
        (folder / "fpm.conf").write_text(PHP.format(folder=folder, user="user = root\ngroup = root" if root else ""))
        (folder / "slow.php").write_text("<?php sleep(30);")
        address = str(folder / "fpm.sock")
        options = {"address": address}
        with running(program, *(["-R"] if root else []), "-y", str(folder / "fpm.conf")) as process:
            workers = 'php_fpm.workers{pool="www"}'  # they start one after the other
            wait_until(lambda: run_once(PhpFpmPlugin, options).values.get(workers) == 2, process)
            first, second = (good(run_once(PhpFpmPlugin, options)) for _ in range(2))
            busy = threading.Thread(target=_slow, args=(address, folder), daemon=True)
            busy.start()
            active = 'php_fpm.active{pool="www"}'
            wait_until(lambda: good(run_once(PhpFpmPlugin, options))[active] == 2)
            other = run_once(PhpFpmPlugin, {"address": address, "path": "/nothing"})
        busy.join(10)
    assert names(PhpFpmPlugin, first) | {"queue_ratio"} == declared(PhpFpmPlugin)  # sockets of files tell no length
    assert second['php_fpm.requests{pool="www"}'] - first['php_fpm.requests{pool="www"}'] == 1
    assert (second[workers], second['php_fpm.queue{pool="www"}']) == (2, 0)
    assert other.failure is not None
    assert "not the status page of PHP-FPM (404 Not Found)" in other.failure.subject


def _slow(address: str, folder: Path) -> None:
    script = str(folder / "slow.php")
    request = {"REQUEST_METHOD": "GET", "SCRIPT_FILENAME": script, "SCRIPT_NAME": "/slow.php"}
    try:
        ask(address, request, timeout_s=40)
    except Exception:  # noqa: BLE001 - the server is killed meanwhile
        return


LIGHTTPD = """
server.modules = ("mod_status")
server.document-root = "{folder}"
server.port = {port}
server.bind = "127.0.0.1"
server.max-connections = 100
status.status-url = "/server-status"
"""


def test_lighttpd_tells_its_requests_and_connections(tmp_path: Path) -> None:
    program, port = installed("lighttpd", "lighttpd"), free_port()
    (tmp_path / "conf").write_text(LIGHTTPD.format(folder=tmp_path, port=port))
    (tmp_path / "page.txt").write_text("x" * 2000)
    url = f"http://127.0.0.1:{port}/server-status?auto"
    with running(program, "-D", "-f", str(tmp_path / "conf"), port=port):
        first = good(run_once(LighttpdPlugin, {"url": url}))
        for _ in range(5):
            assert len(fetch(f"http://127.0.0.1:{port}/page.txt", timeout_s=5).body) == 2000
        # It counts once a second.
        wait_until(lambda: good(run_once(LighttpdPlugin, {"url": url}))["lighttpd.requests"] >= 6)
        second = good(run_once(LighttpdPlugin, {"url": url}))
        other = run_once(LighttpdPlugin, {"url": f"http://127.0.0.1:{port}/page.txt"})
    assert names(LighttpdPlugin, second) == declared(LighttpdPlugin)
    assert second["lighttpd.requests"] > first["lighttpd.requests"]
    assert second["lighttpd.sent_bytes"] - first["lighttpd.sent_bytes"] >= 9 * 1024
    assert second["lighttpd.busy"] >= 1
    assert 0 < second["lighttpd.busy_ratio"] < 1
    assert other.failure is not None


VARNISH = """
vcl 4.1;
backend good { .host = "127.0.0.1"; .port = "%d"; .probe = {
  .url = "/page.txt"; .interval = 100ms; .initial = 0; .threshold = 1; } }
backend bad { .host = "127.0.0.1"; .port = "%d"; .probe = {
  .url = "/page.txt"; .interval = 100ms; .initial = 0; .threshold = 1; } }
backend silent { .host = "127.0.0.1"; .port = "9"; }
sub vcl_recv {
  if (req.url == "/bad") { set req.backend_hint = bad; }
  if (req.url == "/silent") { set req.backend_hint = silent; }
}
"""


def test_varnish_tells_hits_backends_and_storage(tmp_path: Path) -> None:
    program, port, web = installed("varnishd", "varnish"), free_port(), free_port()
    (tmp_path / "conf").write_text(LIGHTTPD.format(folder=tmp_path, port=web))
    (tmp_path / "page.txt").write_text("x" * 2000)
    other = free_port()
    (tmp_path / "vcl").write_text(VARNISH % (web, other))
    (tmp_path / "other").write_text(LIGHTTPD.format(folder=tmp_path, port=other))
    jail = ["-j", "none"] if os.getuid() == 0 else []
    place = ["-n", str(tmp_path / "varnish"), "-a", f"127.0.0.1:{port}", "-f", str(tmp_path / "vcl")]
    options = {"instance": str(tmp_path / "varnish")}
    with (
        running(installed("lighttpd", "lighttpd"), "-D", "-f", str(tmp_path / "conf"), port=web),
        running(installed("lighttpd", "lighttpd"), "-D", "-f", str(tmp_path / "other"), port=other) as second,
        running(program, *jail, "-F", *place, "-s", "mem=malloc,32m", port=port),
    ):
        both = [f'varnish.backend_up{{backend="{name}"}}' for name in ("good", "bad")]
        wait_until(lambda: [run_once(VarnishPlugin, options).values.get(name) for name in both] == [1, 1])
        for _ in range(5):
            assert len(fetch(f"http://127.0.0.1:{port}/page.txt", timeout_s=5).body) == 2000
        fetch(f"http://127.0.0.1:{port}/bad", timeout_s=5, allow_errors=True)
        bad = 'varnish.backend_up{backend="bad"}'
        first = run_once(VarnishPlugin, options)
        assert first.values[bad] == 1
        second.kill()
        wait_until(lambda: run_once(VarnishPlugin, options, first.memory).values.get(bad) == 0)
        wait_until(lambda: good(run_once(VarnishPlugin, options))["varnish.requests"] >= 6)
        found = good(run_once(VarnishPlugin, options, first.memory))
    assert names(VarnishPlugin, found) == declared(VarnishPlugin)
    assert (found["varnish.hits"], found["varnish.misses"]) == (4, 2)
    assert found['varnish.backend_up{backend="good"}'] == 1, "after many good probes too"
    assert not any("silent" in name for name in found), "it has no probes"
    assert found['varnish.storage_used_bytes{storage="mem"}'] > 2000
    gone = run_once(VarnishPlugin, {"instance": str(tmp_path / "nowhere")})
    assert gone.failure is not None


def test_etcd_tells_its_leader_and_its_keys(tmp_path: Path) -> None:
    program, port, peers = installed("etcd", "etcd-server"), free_port(), free_port()
    url, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peers}"
    clients = ["--listen-client-urls", url, "--advertise-client-urls", url, "--data-dir", str(tmp_path / "data")]
    between = ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
    with running(program, *clients, *between, "--initial-cluster", f"default={peer}", port=port):
        options = {"url": f"{url}/metrics"}
        wait_until(lambda: run_once(EtcdPlugin, options).values.get("etcd.has_leader") == 1)
        for key in (b"YQ==", b"Yg=="):
            body = b'{"key": "%b", "value": "eA=="}' % key
            fetch(f"{url}/v3/kv/put", timeout_s=10, method="POST", body=body)
        found = good(run_once(EtcdPlugin, options))
        other = run_once(EtcdPlugin, {"url": f"{url}/version"})
    assert names(EtcdPlugin, found) == declared(EtcdPlugin)
    assert (found["etcd.is_leader"], found["etcd.keys"]) == (1, 2)
    assert found["etcd.proposals"] >= 2
    assert 0 < found["etcd.size_ratio"] < 0.01
    assert other.failure is not None


ZOOKEEPER = """
tickTime=500
dataDir={folder}/data
clientPort={port}
clientPortAddress=127.0.0.1
admin.enableServer=false
4lw.commands.whitelist={allowed}
"""


@contextmanager
def zookeeper(folder: Path, allowed: str = "mntr,ruok") -> Iterator[str]:
    jar = Path("/usr/share/java/zookeeper.jar")
    if not jar.exists():
        installed("zookeeper", "zookeeper")
    folder.mkdir()
    port = free_port()
    (folder / "zoo.cfg").write_text(ZOOKEEPER.format(folder=folder, port=port, allowed=allowed))
    main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
    with running(installed("java", "default-jre-headless"), "-cp", str(jar), main, str(folder / "zoo.cfg"), port=port):
        yield f"127.0.0.1:{port}"


def test_zookeeper_tells_its_latency_and_its_nodes(tmp_path: Path) -> None:
    with zookeeper(tmp_path / "a") as address:
        wait_until(lambda: run_once(ZookeeperPlugin, {"address": address}).values.get("zookeeper.serving") == 1)
        first, second = (good(run_once(ZookeeperPlugin, {"address": address})) for _ in range(2))
        host, _, port = address.partition(":")
        with socket.create_connection((host, int(port)), 5) as open_one:
            assert open_one.fileno() >= 0
            wait_until(lambda: good(run_once(ZookeeperPlugin, {"address": address}))["zookeeper.connections"] >= 2)
    assert names(ZookeeperPlugin, first) == declared(ZookeeperPlugin) - {"followers", "followers_synced"}
    assert second["zookeeper.received"] > first["zookeeper.received"]
    assert first["zookeeper.nodes"] >= 5
    assert first["zookeeper.is_leader"] == 0
    assert 0 < first["zookeeper.files_ratio"] < 0.5
    with zookeeper(tmp_path / "b", "ruok") as address:
        refusals = partial(run_once, ZookeeperPlugin, {"address": address})
        # It listens before it answers: until then, what is told is that it does not.
        wait_until(lambda: "TimeoutError" not in str(refusals().failure))
        refused = refusals()
    assert refused.failure is not None
    assert "whitelist" in refused.failure.body


def test_nats_tells_its_messages_and_connections() -> None:
    program, port, monitoring = installed("nats-server", "nats-server"), free_port(), free_port()
    options = {"url": f"http://127.0.0.1:{monitoring}/"}
    with running(program, "-a", "127.0.0.1", "-p", str(port), "-m", str(monitoring), port=monitoring) as process:
        wait_until(partial(listens, port), process)
        with socket.create_connection(("127.0.0.1", port), 5) as client, client.makefile("rb") as said:
            client.sendall(b'CONNECT {"verbose":false}\r\nSUB a 1\r\nPUB a 5\r\nhello\r\nPUB b 3\r\nabc\r\nPING\r\n')
            for line in said:
                if line.startswith(b"PONG"):
                    break
            found = good(run_once(NatsPlugin, options))
    assert names(NatsPlugin, found) == declared(NatsPlugin)
    assert (found["nats.received"], found["nats.sent"], found["nats.received_bytes"]) == (2, 1, 8)
    assert found["nats.connections"] == 1
    assert found["nats.subscriptions"] >= 1
    assert found["nats.slow_consumers"] == 0
    assert 0 < found["nats.connections_ratio"] < 0.01
