"""PostgreSQL: connections, transactions, cache, sizes, locks, age of transactions, and replication."""

from vedette_plugin import Metric, Option, Plugin, Rule
from vedette_plugin.pgwire import Client

_MOST_DATABASES = 30

_SERVER = """
SELECT extract(epoch FROM now() - pg_postmaster_start_time()) AS uptime_s,
  current_setting('max_connections')::int AS most, pg_is_in_recovery()::int AS replica,
  (SELECT max(age(datfrozenxid)) / 2000000000.0 FROM pg_database) AS wraparound_ratio
"""
_ACTIVITY = """
SELECT coalesce(state, 'unknown') AS state, count(*) AS count,
  coalesce(max(extract(epoch FROM now() - xact_start)), 0) AS oldest_s,
  count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY 1
"""
_DATABASES = """
SELECT datname AS database, numbackends AS connections, xact_commit AS commits, xact_rollback AS rollbacks,
  blks_read AS blocks_read, blks_hit AS blocks_hit, tup_returned AS rows_read, tup_inserted AS rows_inserted,
  tup_updated AS rows_updated, tup_deleted AS rows_deleted, deadlocks, temp_bytes, conflicts,
  CASE WHEN has_database_privilege(datid, 'CONNECT') THEN pg_database_size(datid) END AS size_bytes
FROM pg_stat_database WHERE datid <> 0 AND datname NOT IN ('template0', 'template1')
ORDER BY xact_commit DESC LIMIT {most}
"""
_REPLICAS = """
SELECT concat_ws(' ', nullif(application_name, ''), host(client_addr)) AS replica, count(*) AS count,
  max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) AS behind_bytes,
  max(CASE WHEN replay_lsn IS NOT NULL THEN coalesce(extract(epoch FROM replay_lag), 0) END) AS lag_s
FROM pg_stat_replication WHERE state <> 'backup' GROUP BY 1 ORDER BY 1 LIMIT 50
"""
_SLOTS = """
SELECT slot_name AS slot, active::int AS active, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) AS held_bytes
FROM pg_replication_slots ORDER BY 1 LIMIT 50
"""
# One that is fed from an archive alone has nobody to receive from, and no way to tell how far it is behind.
_RECOVERY = """
SELECT CASE WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0
  ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END AS replay_lag_s,
  (SELECT count(*) FROM pg_stat_wal_receiver) AS receiving
WHERE (SELECT setting <> '' FROM pg_settings WHERE name = 'primary_conninfo')
"""
_ARCHIVER = "SELECT archived_count, failed_count FROM pg_stat_archiver"


class PostgresqlPlugin(Plugin):
    """One PostgreSQL 12 or later. Its user needs the role pg_monitor, and nothing else."""

    name = "postgresql"
    title = "PostgreSQL"
    section = "Databases"
    options = (
        Option("address", "/run/postgresql/.s.PGSQL.5432", "host:port, or the path of the socket"),
        Option("user", "vedette", "with the role pg_monitor"),
        Option("password", "", "its password; empty where the socket needs none", secret=True),
        Option("database", "postgres", "the one that is connected to; all are reported"),
        Option("tls", False, "speak TLS"),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s", rules=(Rule("PostgreSQL was restarted", below=300),)),
        Metric("connections", "Connections of clients, by what they do"),
        Metric(
            "connections_ratio",
            "Connections of the most that are allowed",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("PostgreSQL runs out of connections", above=0.9, for_s=60, severity="critical"),),
        ),
        Metric(
            "oldest_transaction_s",
            "Age of the oldest transaction",
            "s",
            larger_is_better=False,
            rules=(Rule("a transaction stays open", above=3600, for_s=60),),
        ),
        Metric(
            "waiting",
            "Sessions that wait for a lock",
            larger_is_better=False,
            rules=(Rule("sessions wait for locks", above=10, for_s=120),),
        ),
        Metric(
            "wraparound_ratio",
            "Age of the oldest row of what stops the server",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("vacuum does not keep up (wraparound)", above=0.75, severity="critical"),),
        ),
        Metric("commits", "Transactions", "1/s", kind="counter"),
        Metric("rollbacks", "Transactions that were rolled back", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("blocks_read", "Blocks not found in the cache", "1/s", kind="counter"),
        Metric("blocks_hit", "Blocks found in the cache", "1/s", kind="counter"),
        Metric("rows_read", "Rows read", "1/s", kind="counter"),
        Metric("rows_inserted", "Rows inserted", "1/s", kind="counter"),
        Metric("rows_updated", "Rows changed", "1/s", kind="counter"),
        Metric("rows_deleted", "Rows deleted", "1/s", kind="counter"),
        Metric(
            "deadlocks",
            "Deadlocks",
            "1/s",
            4,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("deadlocks", above=0.1, for_s=300),),
        ),
        Metric("conflicts", "Queries ended by replication", "1/s", 4, larger_is_better=False, kind="counter"),
        Metric("temp_bytes", "Written into temporary files", "bytes/s", larger_is_better=False, kind="counter"),
        Metric("size_bytes", "Size of a database", "bytes"),
        Metric("replicas", "Replicas that are connected"),
        Metric("replica_behind_bytes", "Log that a replica has not replayed", "bytes", larger_is_better=False),
        Metric(
            "replica_lag_s",
            "How far a replica is behind, as its server sees it",
            "s",
            2,
            larger_is_better=False,
            rules=(Rule("a replica lags", above=60, for_s=120),),
        ),
        Metric(
            "slot_held_bytes",
            "Log that is kept for a replication slot",
            "bytes",
            larger_is_better=False,
            rules=(Rule("a replication slot holds log back", above=10 << 30, severity="critical"),),
        ),
        Metric("slot_active", "A replication slot is in use", larger_is_better=True),
        Metric(
            "receiving",
            "This replica receives from its primary",
            larger_is_better=True,
            rules=(Rule("replication is broken", below=1, for_s=120, severity="critical"),),
        ),
        Metric(
            "replay_lag_s",
            "How far this replica is behind",
            "s",
            2,
            larger_is_better=False,
            rules=(Rule("this replica lags", above=60, for_s=120),),
        ),
        Metric("archived", "Log files archived", "1/s", 4, kind="counter"),
        Metric(
            "archive_failures",
            "Log files that could not be archived",
            "1/s",
            4,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("log files cannot be archived", above=0, for_s=300, severity="critical"),),
        ),
    )

    def run(self) -> None:
        """One session, a few queries on statistics."""
        names = ("address", "user", "password", "database")
        address, user, password, database = (self.option(name) for name in names)
        tls, verify = self.option("tls"), self.option("verify")
        limit_s = self.remaining_s()
        with Client(address, user, password, database, timeout_s=limit_s, tls=tls, verify=verify) as client:
            client.query(f"SET statement_timeout = {max(1, int(limit_s * 1000))}")
            [server] = client.query(_SERVER)
            self._activity(client, float(server["most"] or 0))
            self.report("uptime_s", number(server["uptime_s"]))
            self.report("wraparound_ratio", number(server["wraparound_ratio"]))
            [archiver] = client.query(_ARCHIVER)
            self.counter("archived", number(archiver["archived_count"]))
            self.counter("archive_failures", number(archiver["failed_count"]))
            if server["replica"] == "1":
                for recovery in client.query(_RECOVERY):
                    self.report("replay_lag_s", number(recovery["replay_lag_s"]))
                    self.report("receiving", number(recovery["receiving"]))
            else:
                self._replication(client)
            # Databases last: of very many those are left out, and not the server.
            for row in client.query(_DATABASES.format(most=_MOST_DATABASES)):
                self._database(row)

    def _activity(self, client: Client, most: float) -> None:
        rows = client.query(_ACTIVITY)
        for row in rows:
            self.report("connections", number(row["count"]), state=row["state"] or "unknown")
        if most:
            self.report("connections_ratio", sum(number(row["count"]) or 0.0 for row in rows) / most)
        self.report("oldest_transaction_s", max((number(row["oldest_s"]) or 0.0 for row in rows), default=0.0))
        self.report("waiting", sum(number(row["waiting"]) or 0.0 for row in rows))

    def _database(self, row: dict[str, str | None]) -> None:
        labels = {"database": row["database"] or ""}
        self.report("size_bytes", number(row["size_bytes"]), **labels)
        for metric in _TOTALS:
            self.counter(metric, number(row[metric]), **labels)

    def _replication(self, client: Client) -> None:
        replicas = client.query(_REPLICAS)
        self.report("replicas", sum(number(row["count"]) or 0.0 for row in replicas))
        for row in replicas:
            self.report("replica_behind_bytes", number(row["behind_bytes"]), replica=row["replica"] or "")
            self.report("replica_lag_s", number(row["lag_s"]), replica=row["replica"] or "")
        for row in client.query(_SLOTS):
            self.report("slot_held_bytes", number(row["held_bytes"]), slot=row["slot"] or "")
            self.report("slot_active", number(row["active"]), slot=row["slot"] or "")


_TOTALS = (
    "commits",
    "rollbacks",
    "blocks_read",
    "blocks_hit",
    "rows_read",
    "rows_inserted",
    "rows_updated",
    "rows_deleted",
    "deadlocks",
    "conflicts",
    "temp_bytes",
)


def number(text: str | None) -> float | None:
    """A column as a number; None for NULL."""
    return None if text is None else float(text)
