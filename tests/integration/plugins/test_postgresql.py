"""PostgreSQL with a replica, and PgBouncer before it, against the real servers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from agent.plugins.native.pgbouncer import PgbouncerPlugin
from agent.plugins.native.postgresql import PostgresqlPlugin
from tests.integration.plugins.clusters import PASSWORD, Cluster, listens, short_folder
from tests.integration.plugins.servers import free_port, installed, wait_until
from tests.integration.plugins.test_files_and_processes import good
from vedette_plugin.pgwire import Client
from vedette_plugin.plugin import PluginError
from vedette_plugin.testing import run_once

MONITOR = f"CREATE ROLE vedette LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_monitor"


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    with short_folder() as folder:
        cluster = Cluster(folder)
        cluster.make()
        with cluster.running("-cwal_level=replica", "-cmax_connections=50") as running:
            running.sql(MONITOR, "CREATE DATABASE shop")
            yield running


def options(cluster: Cluster) -> dict[str, object]:
    return {"address": cluster.address, "password": PASSWORD}


def client(cluster: Cluster, user: str = "vedette", password: str = PASSWORD) -> Client:
    return Client(cluster.address, user, password, "postgres", timeout_s=10)


def test_postgresql_tells_connections_transactions_and_sizes(primary: Cluster) -> None:
    with client(primary) as first, client(primary) as second:
        first.query("BEGIN; SELECT 1")
        second.query("SELECT 1")
        found = good(run_once(PostgresqlPlugin, options(primary)))
        names = {name.partition("{")[0].removeprefix("postgresql.") for name in found}
        first.query("ROLLBACK")
    primary_only = {metric.name for metric in PostgresqlPlugin.metrics} - {"receiving", "replay_lag_s"}
    assert names == primary_only - {"replica_lag_s", "replica_behind_bytes", "slot_held_bytes", "slot_active"}
    assert found['postgresql.connections{state="idle"}'] == 1
    assert found['postgresql.connections{state="idle in transaction"}'] == 1
    assert found["postgresql.connections_ratio"] == pytest.approx(2 / 50)
    assert 0 < found["postgresql.oldest_transaction_s"] < 300
    assert found["postgresql.waiting"] == 0
    assert found['postgresql.size_bytes{database="shop"}'] > 1 << 20
    assert 0 <= found["postgresql.wraparound_ratio"] < 0.01
    before = found['postgresql.rollbacks{database="postgres"}']
    wait_until(lambda: rollbacks(primary) > before)


def rollbacks(cluster: Cluster) -> float:
    return good(run_once(PostgresqlPlugin, options(cluster)))['postgresql.rollbacks{database="postgres"}']


def test_who_waits_for_a_lock_is_counted(primary: Cluster) -> None:
    primary.sql("CREATE TABLE IF NOT EXISTS t (id int)", "GRANT ALL ON t TO vedette")
    with client(primary) as holder, client(primary) as waiter:
        holder.query("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        waiter._send(b"Q", b"SELECT count(*) FROM t\0")
        wait_until(lambda: good(run_once(PostgresqlPlugin, options(primary)))["postgresql.waiting"] == 1)
        holder.query("ROLLBACK")


def test_a_replica_and_its_slot_are_seen_from_both_sides(primary: Cluster) -> None:
    with short_folder() as folder:
        replica = Cluster(folder)
        replica.copy(primary, "standby")
        with replica.running("-chot_standby=on", "-cmax_connections=50"):
            primary.sql("CREATE TABLE IF NOT EXISTS u AS SELECT generate_series(1, 1000)")
            behind = partial(run_once, PostgresqlPlugin, options(primary))
            key = 'postgresql.replica_behind_bytes{replica="walreceiver 127.0.0.1"}'
            wait_until(lambda: behind().values.get(key) == 0)
            theirs, ours = good(behind()), good(run_once(PostgresqlPlugin, options(replica)))
        assert theirs["postgresql.replicas"] == 1
        assert theirs['postgresql.replica_lag_s{replica="walreceiver 127.0.0.1"}'] >= 0
        assert theirs['postgresql.slot_active{slot="standby"}'] == 1
        assert theirs['postgresql.slot_held_bytes{slot="standby"}'] >= 0
        assert ours["postgresql.receiving"] == 1
        assert ours["postgresql.replay_lag_s"] == 0
        assert "postgresql.replicas" not in ours


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [("vedette", "wrong", "password authentication failed"), ("nobody", "x", "password authentication failed")],
)
def test_who_is_refused_is_told_in_the_servers_words(primary: Cluster, user: str, password: str, said: str) -> None:
    run = run_once(PostgresqlPlugin, {"address": primary.address, "user": user, "password": password})
    assert run.failure is not None
    assert said in run.failure.subject


def test_what_is_no_postgresql_and_what_is_refused_later_is_told(primary: Cluster) -> None:
    with client(primary) as connected:
        with pytest.raises(PluginError, match="refuses: division by zero"):
            connected.query("SELECT 1/0")
        assert connected.value("SELECT 'it goes on'") == "it goes on"
        assert connected.value("SELECT NULL") is None
    run = run_once(PostgresqlPlugin, {**options(primary), "tls": True})
    assert run.failure is not None
    assert "offers no TLS" in run.failure.subject


BOUNCER = """
[databases]
shop = host=127.0.0.1 port={port} dbname=shop user=vedette
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
auth_type = {auth}
auth_file = {folder}/users
stats_users = watcher
pool_mode = transaction
default_pool_size = 1
unix_socket_dir =
{user}
"""


@pytest.mark.parametrize("auth", ["scram-sha-256", "md5", "plain"])
def test_pgbouncer_tells_who_waits_and_how_long(primary: Cluster, auth: str) -> None:
    program = installed("pgbouncer", "pgbouncer")
    with short_folder() as folder, ExitStack() as stack:
        own = free_port()
        user = "user = nobody" if os.geteuid() == 0 else ""
        (folder / "ini").write_text(BOUNCER.format(port=primary.port, own=own, folder=folder, auth=auth, user=user))
        (folder / "users").write_text(f'"watcher" "{PASSWORD}"\n"vedette" "{PASSWORD}"\n')
        process = subprocess.Popen([program, str(folder / "ini")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(process.wait)
        stack.callback(process.kill)
        wait_until(partial(listens, own), process)
        given = {"address": f"127.0.0.1:{own}", "user": "watcher", "password": PASSWORD}
        one, two = (
            stack.enter_context(Client(f"127.0.0.1:{own}", "vedette", PASSWORD, "shop", timeout_s=10)) for _ in range(2)
        )
        one.query("BEGIN; SELECT 1")
        two._send(b"Q", b"SELECT 1\0")
        waiting = 'pgbouncer.clients_waiting{database="shop",user="vedette"}'
        wait_until(lambda: run_once(PgbouncerPlugin, given).values.get(waiting) == 1)
        found = good(run_once(PgbouncerPlugin, given))
        one.query("ROLLBACK")
        refused = run_once(PgbouncerPlugin, {**given, "password": "wrong"})
    assert {name.partition("{")[0] for name in found} == {f"pgbouncer.{m.name}" for m in PgbouncerPlugin.metrics}
    assert found['pgbouncer.clients_active{database="shop",user="vedette"}'] == 1
    assert found['pgbouncer.servers_active{database="shop",user="vedette"}'] == 1
    assert found['pgbouncer.wait_s{database="shop",user="vedette"}'] > 0
    assert refused.failure is not None
