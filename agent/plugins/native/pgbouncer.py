"""PgBouncer: clients that wait, server connections, and queries of each pool, from its own console."""

from vedette_plugin import Metric, Option, Plugin, Rule
from vedette_plugin.pgwire import Client


class PgbouncerPlugin(Plugin):
    """One PgBouncer. Its user must be among `stats_users`."""

    name = "pgbouncer"
    title = "PgBouncer"
    section = "Databases"
    options = (
        Option("address", "127.0.0.1:6432", "host:port, or the path of the socket"),
        Option("user", "vedette", "one of stats_users"),
        Option("password", "", "its password", secret=True),
        Option("tls", False, "speak TLS"),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric("clients_active", "Clients with a server connection"),
        Metric(
            "clients_waiting",
            "Clients that wait for a server connection",
            larger_is_better=False,
            rules=(Rule("clients wait for a connection", above=0, for_s=120),),
        ),
        Metric(
            "wait_s",
            "How long the first of them has waited",
            "s",
            2,
            larger_is_better=False,
            rules=(Rule("clients wait long for a connection", above=10, for_s=30, severity="critical"),),
        ),
        Metric("servers_active", "Server connections in use"),
        Metric("servers_idle", "Server connections that are free"),
        Metric("queries", "Queries", "1/s", kind="counter"),
        Metric("transactions", "Transactions", "1/s", kind="counter"),
        Metric("query_s", "Time in queries, each second", "s/s", 3, kind="counter"),
        Metric("waited_s", "Time that clients waited, each second", "s/s", 3, larger_is_better=False, kind="counter"),
        Metric("received_bytes", "Received from clients", "bytes/s", kind="counter"),
        Metric("sent_bytes", "Sent to clients", "bytes/s", kind="counter"),
    )

    def run(self) -> None:
        """Two commands of the console: the pools, and the totals."""
        address, user, password = self.option("address"), self.option("user"), self.option("password")
        tls, verify, limit_s = self.option("tls"), self.option("verify"), self.remaining_s()
        with Client(address, user, password, "pgbouncer", timeout_s=limit_s, tls=tls, verify=verify) as client:
            pools, totals = client.query("SHOW POOLS"), client.query("SHOW STATS")
        for row in pools:
            if row["database"] == "pgbouncer":
                continue  # its own console
            labels = {"database": row["database"] or "", "user": row["user"] or ""}
            self.report("clients_active", number(row, "cl_active"), **labels)
            self.report("clients_waiting", number(row, "cl_waiting"), **labels)
            self.report("wait_s", (number(row, "maxwait") or 0) + (number(row, "maxwait_us") or 0) / 1e6, **labels)
            self.report("servers_active", number(row, "sv_active"), **labels)
            self.report("servers_idle", number(row, "sv_idle"), **labels)
        for row in totals:
            if row["database"] == "pgbouncer":
                continue
            for metric, column, factor in _TOTALS:
                total = number(row, column)
                self.counter(metric, None if total is None else total * factor, database=row["database"] or "")


_TOTALS = (
    ("queries", "total_query_count", 1),
    ("transactions", "total_xact_count", 1),
    ("query_s", "total_query_time", 1e-6),
    ("waited_s", "total_wait_time", 1e-6),
    ("received_bytes", "total_received", 1),
    ("sent_bytes", "total_sent", 1),
)


def number(row: dict[str, str | None], column: str) -> float | None:
    """A column as a number; None where this version has none."""
    text = row.get(column)
    return None if text is None else float(text)
