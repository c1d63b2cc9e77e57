"""MariaDB with a replica, against the real servers; and how MySQL's own ways to log in are answered."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from agent.plugins.native.mysql import MysqlPlugin
from tests.integration.plugins.clusters import PASSWORD, listens, short_folder
from tests.integration.plugins.servers import free_port, installed, wait_until
from tests.integration.plugins.test_files_and_processes import good
from vedette_plugin.mysqlwire import Client
from vedette_plugin.plugin import PluginError
from vedette_plugin.testing import run_once


class Maria:
    """One MariaDB on a folder of its own."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder, self.number, self.port = folder, number, free_port()
        self.address, self.socket = f"127.0.0.1:{self.port}", str(folder / "s.sock")

    @contextmanager
    def running(self) -> Iterator[Maria]:
        user = ["--user=root"] if os.geteuid() == 0 else []
        data = f"--datadir={self.folder / 'data'}"
        install = [installed("mariadb-install-db", "mariadb-server"), "--no-defaults", data, *user]
        subprocess.run([*install, "--skip-test-db"], check=True, capture_output=True)
        places = [f"--port={self.port}", f"--socket={self.socket}", f"--pid-file={self.folder / 'pid'}"]
        options = ["--log-bin=log", f"--server-id={self.number}", "--max-connections=40", "--bind-address=127.0.0.1"]
        command = [installed("mariadbd", "mariadb-server"), "--no-defaults", data, *user, *places, *options]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                wait_until(partial(listens, self.port), process)
                self.sql(
                    f"CREATE USER vedette@localhost IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}')",
                    "GRANT PROCESS, BINLOG MONITOR, SLAVE MONITOR, REPLICATION SLAVE ON *.* TO vedette@localhost",
                )
                yield self
            finally:
                process.kill()

    def sql(self, *statements: str) -> None:
        """As the superuser, through the socket, as the system's user of the same name."""
        with Client(self.socket, "root", "", timeout_s=10) as client:
            for statement in statements:
                client.query(statement)


@pytest.fixture(scope="module")
def maria() -> Iterator[Maria]:
    with short_folder() as folder, Maria(folder, 1).running() as server:
        yield server


def test_it_tells_connections_statements_and_the_pool(maria: Maria) -> None:
    options = {"address": maria.address, "password": PASSWORD}
    before = good(run_once(MysqlPlugin, options))
    with Client(maria.address, "vedette", PASSWORD, timeout_s=10) as client:
        assert client.query("SELECT NULL AS a, 'ä' AS b") == [{"a": None, "b": "ä"}]
        assert (
            len(
                client.query("SELECT repeat('x', 70000) AS wide FROM information_schema.collations LIMIT 3")[2]["wide"]
                or ""
            )
            == 70000
        )
        found = good(run_once(MysqlPlugin, options))
    names = {name.partition("{")[0].removeprefix("mysql.") for name in found}
    assert names == {metric.name for metric in MysqlPlugin.metrics} - {"replication_ok", "replication_lag_s"}
    selects = 'mysql.commands{command="select"}'
    assert found[selects] - before[selects] >= 2
    assert found["mysql.connections"] == 2
    assert found["mysql.connections_ratio"] == pytest.approx(2 / 40)
    assert found["mysql.pool_bytes"] == 128 << 20
    assert 0 < found["mysql.pool_used_ratio"] < 1
    assert found["mysql.replicas"] == 0


def test_a_replica_tells_its_lag_and_that_it_is_broken(maria: Maria) -> None:
    with short_folder() as folder, Maria(folder, 2).running() as replica:
        maria.sql("CREATE DATABASE IF NOT EXISTS shop", "CREATE TABLE shop.t (id int PRIMARY KEY)")
        where = (
            f"MASTER_HOST='localhost', MASTER_PORT={maria.port}, MASTER_USER='vedette', MASTER_PASSWORD='{PASSWORD}'"
        )
        # Its own accounts are the same: what comes before the table is not replayed.
        replica.sql("CREATE DATABASE shop", f"CHANGE MASTER TO {where}, MASTER_LOG_FILE='{log_file(maria)}', "
                    f"MASTER_LOG_POS={position(maria)}", "START SLAVE")  # fmt: skip
        options = {"address": replica.socket, "password": PASSWORD}
        key = 'mysql.replication_ok{source="default"}'
        wait_until(lambda: run_once(MysqlPlugin, options).values.get(key) == 1)
        assert good(run_once(MysqlPlugin, options))['mysql.replication_lag_s{source="default"}'] == 0
        assert good(run_once(MysqlPlugin, {"address": maria.address, "password": PASSWORD}))["mysql.replicas"] == 1
        maria.sql("INSERT INTO shop.t VALUES (1)")  # of which the replica knows no table
        wait_until(lambda: run_once(MysqlPlugin, options).values.get(key) == 0)
        assert not any("lag" in name for name in good(run_once(MysqlPlugin, options)))


def log_file(server: Maria) -> str:
    return str(master_status(server)["File"])


def position(server: Maria) -> str:
    return str(master_status(server)["Position"])


def master_status(server: Maria) -> dict[str, str | None]:
    with Client(server.address, "vedette", PASSWORD, timeout_s=10) as client:
        return client.query("SHOW MASTER STATUS")[0]


def test_who_is_refused_or_may_not_see_all_is_told(maria: Maria) -> None:
    run = run_once(MysqlPlugin, {"address": maria.address, "password": "wrong"})
    assert run.failure is not None
    assert "Access denied for user 'vedette'@'localhost'" in run.failure.subject
    maria.sql("CREATE OR REPLACE USER little@localhost IDENTIFIED BY 'x'")
    run = run_once(MysqlPlugin, {"address": maria.address, "user": "little", "password": "x"})
    assert run.failure is None
    assert run.errors[0][0] == "the state of replication may not be seen"
    assert "mysql.queries" in run.values
    run = run_once(MysqlPlugin, {"address": maria.address, "password": PASSWORD, "tls": True})
    assert run.failure is not None
    assert "offers no TLS" in run.failure.subject
    with (
        Client(maria.address, "vedette", PASSWORD, timeout_s=10) as client,
        pytest.raises(PluginError, match="denied to user"),
    ):
        client.query("SELECT * FROM shop.nowhere")


SALT = bytes(range(1, 21))


def packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number]) + body


GREETING = (
    b"\x0a8.4.0\0" + bytes(4) + SALT[:8] + b"\0" + (0xFFFF & ~(1 << 11)).to_bytes(2, "little") + b"\x2d" + bytes(2)
    + (0xFFFF).to_bytes(2, "little") + bytes([21]) + bytes(10) + SALT[8:] + b"\0caching_sha2_password\0"
)  # fmt: skip


def mysql_8(listening: socket.socket, seen: list[bytes], answers: list[bytes]) -> None:
    """Greets as MySQL 8 does, and gives `answers` (packets) one after the other."""
    connection, _ = listening.accept()
    with connection:
        connection.sendall(packet(0, GREETING))
        for answer in answers:
            seen.append(connection.recv(4096))
            connection.sendall(answer)
        seen.append(connection.recv(4096))


@pytest.mark.parametrize("kind", ["remembered", "wants it whole", "socket wants it whole"])
def test_mysqls_own_way_to_log_in(kind: str, tmp_path: Path) -> None:
    unix = kind.startswith("socket")
    remembered = [packet(2, b"\x01\x03") + packet(3, b"\x00\x00\x00\x02\x00\x00\x00")]
    wanted = [packet(2, b"\x01\x04"), packet(4, b"\x00\x00\x00\x02\x00\x00\x00")]
    seen: list[bytes] = []
    with short_folder() as folder, socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as listening:
        listening.bind(str(folder / "s") if unix else ("127.0.0.1", 0))
        listening.listen(1)
        address = str(folder / "s") if unix else f"127.0.0.1:{listening.getsockname()[1]}"
        answers = remembered if kind == "remembered" else wanted
        server = threading.Thread(target=mysql_8, args=(listening, seen, answers), daemon=True)
        server.start()
        if kind == "wants it whole":
            with pytest.raises(PluginError, match="use its socket, or TLS"):
                Client(address, "u", PASSWORD, timeout_s=10)
        else:
            with Client(address, "u", PASSWORD, timeout_s=10) as client:
                assert client.version == "8.4.0"
        server.join(10)
    once = hashlib.sha256(PASSWORD.encode()).digest()
    mask = hashlib.sha256(hashlib.sha256(once).digest() + SALT).digest()
    proof = bytes(a ^ b for a, b in zip(once, mask, strict=True))
    assert bytes([32]) + proof + b"caching_sha2_password\0" in seen[0]
    assert (PASSWORD.encode() in b"".join(seen)) == unix
