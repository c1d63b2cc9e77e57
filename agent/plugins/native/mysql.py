"""MySQL and MariaDB: connections, queries, InnoDB's buffer pool, locks, slow queries, and replication."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.mysqlwire import Client


class MysqlPlugin(Plugin):
    """One MySQL or MariaDB. Its user needs the privileges PROCESS and REPLICATION CLIENT (MariaDB: SLAVE MONITOR)."""

    name = "mysql"
    title = "MySQL and MariaDB"
    section = "Databases"
    options = (
        Option("address", "/run/mysqld/mysqld.sock", "host:port, or the path of the socket"),
        Option("user", "vedette", "with the privileges PROCESS and REPLICATION CLIENT"),
        Option("password", "", "its password; empty where the socket needs none", secret=True),
        Option("tls", False, "speak TLS"),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s", rules=(Rule("the database server was restarted", below=300),)),
        Metric("connections", "Open connections"),
        Metric(
            "connections_ratio",
            "Open connections of the most that are allowed",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("the database runs out of connections", above=0.9, for_s=60, severity="critical"),),
        ),
        Metric("running", "Sessions that work now"),
        Metric("new_connections", "New connections", "1/s", kind="counter"),
        Metric("aborted_connections", "Connections that failed", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("queries", "Statements", "1/s", kind="counter"),
        Metric("commands", "Statements by their kind", "1/s", kind="counter"),
        Metric(
            "slow_queries",
            "Slow statements",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("many slow statements", above=1, for_s=300),),
        ),
        Metric("temp_disk_tables", "Temporary tables on disk", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("pool_bytes", "Buffer pool", "bytes"),
        Metric("pool_used_ratio", "Buffer pool in use", "ratio", 2),
        Metric("pool_reads", "Pages that had to be read from disk", "1/s", larger_is_better=False, kind="counter"),
        Metric("pool_requests", "Pages that were asked for", "1/s", kind="counter"),
        Metric("row_lock_waits", "Waits for locks of rows", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("deadlocks", "Deadlocks (MariaDB)", "1/s", 4, larger_is_better=False, kind="counter"),
        Metric("received_bytes", "Received", "bytes/s", kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
        Metric("replicas", "Replicas that are connected"),
        Metric(
            "replication_ok",
            "Both threads of replication run",
            larger_is_better=True,
            rules=(Rule("replication is broken", below=1, for_s=60, severity="critical"),),
        ),
        Metric(
            "replication_lag_s",
            "How far this replica is behind",
            "s",
            larger_is_better=False,
            rules=(Rule("replication lags", above=60, for_s=120),),
        ),
    )

    def run(self) -> None:
        """One session: the global status, two settings, and the state of replication."""
        address, user, password = self.option("address"), self.option("user"), self.option("password")
        tls, verify, limit_s = self.option("tls"), self.option("verify"), self.remaining_s()
        with Client(address, user, password, timeout_s=limit_s, tls=tls, verify=verify) as client:
            rows = client.query("SHOW GLOBAL STATUS")
            found = {row["Variable_name"] or "": row["Value"] for row in rows}
            [limits] = client.query("SELECT @@max_connections AS most, @@innodb_buffer_pool_size AS pool")
            self._replication(client)
        for metric, key in _GAUGES:
            self.report(metric, number(found.get(key)))
        for metric, key in _COUNTERS:
            self.counter(metric, number(found.get(key)))
        for command in _COMMANDS:
            self.counter("commands", number(found.get(f"Com_{command}")), command=command)
        most, open_now = number(limits["most"]), number(found.get("Threads_connected"))
        if most and open_now is not None:
            self.report("connections_ratio", open_now / most)
        self.report("pool_bytes", number(limits["pool"]))
        total, free = (number(found.get(f"Innodb_buffer_pool_pages_{part}")) for part in ("total", "free"))
        if total and free is not None:
            self.report("pool_used_ratio", 1 - free / total)

    def _replication(self, client: Client) -> None:
        try:
            rows = _replica_status(client)
            replicas = client.query("SELECT count(*) AS count FROM information_schema.processlist "
                                    "WHERE command IN ('Binlog Dump', 'Binlog Dump GTID')")  # fmt: skip
        except PluginError as error:
            self.error("the state of replication may not be seen", error.subject)
            return
        self.report("replicas", number(replicas[0]["count"]))
        for row in rows:
            if (row.get("Channel_Name") or "").startswith("group_replication_"):
                continue  # a group's own channels, which rest while all is well
            source = row.get("Channel_Name") or row.get("Connection_name") or "default"
            running = [row.get(f"{word}_{part}_Running") for part in ("IO", "SQL") for word in ("Slave", "Replica")]
            self.report("replication_ok", float(running.count("Yes") == 2), source=source)
            lag = row.get("Seconds_Behind_Master", row.get("Seconds_Behind_Source"))
            self.report("replication_lag_s", number(lag), source=source)


def _replica_status(client: Client) -> list[dict[str, str | None]]:
    """One row for each source; the statement's name differs between the servers and their versions."""
    if "MariaDB" in client.version:
        return client.query("SHOW ALL SLAVES STATUS")
    try:
        return client.query("SHOW REPLICA STATUS")
    except PluginError as error:
        if not error.subject.endswith("(1064)"):  # it knows the statement, and refuses it
            raise
        return client.query("SHOW SLAVE STATUS")


_COMMANDS = ("select", "insert", "update", "delete", "replace", "commit", "rollback")
_GAUGES = (("uptime_s", "Uptime"), ("connections", "Threads_connected"), ("running", "Threads_running"))
_COUNTERS = (
    ("new_connections", "Connections"),
    ("aborted_connections", "Aborted_connects"),
    ("queries", "Questions"),
    ("slow_queries", "Slow_queries"),
    ("temp_disk_tables", "Created_tmp_disk_tables"),
    ("pool_reads", "Innodb_buffer_pool_reads"),
    ("pool_requests", "Innodb_buffer_pool_read_requests"),
    ("row_lock_waits", "Innodb_row_lock_waits"),
    ("deadlocks", "Innodb_deadlocks"),
    ("received_bytes", "Bytes_received"),
    ("sent_bytes", "Bytes_sent"),
)


def number(text: str | None) -> float | None:
    """A value as a number; None if it is missing or none."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
