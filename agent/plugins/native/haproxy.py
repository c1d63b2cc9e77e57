"""HAProxy: sessions, traffic, errors and health of front ends, back ends and servers, from its statistics in CSV."""

import csv

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import connect
from vedette_plugin.http import fetch

_MOST = 4 << 20


class HaproxyPlugin(Plugin):
    """One HAProxy, through its socket (`stats socket`) or its page (`stats uri`)."""

    name = "haproxy"
    title = "HAProxy"
    section = "Web"
    options = (
        Option("address", "/run/haproxy/admin.sock", "the stats socket, as a path or host:port; not used with a url"),
        Option("url", "", "the page of statistics, which is asked for ;csv"),
        Option("user", "", "for basic authentication"),
        Option("password", "", "the same", secret=True),
        Option("servers", True, "report each server of a back end too"),
    )
    metrics = (
        Metric("sessions", "Sessions now"),
        Metric(
            "sessions_ratio",
            "Sessions of the most that are allowed",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("HAProxy runs out of sessions", above=0.9, for_s=60, severity="critical"),),
        ),
        Metric("sessions_total", "New sessions", "1/s", kind="counter"),
        Metric(
            "queued", "Requests that wait", larger_is_better=False, rules=(Rule("requests queue", above=0, for_s=300),)
        ),
        Metric("received_bytes", "Received", "bytes/s", kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
        Metric("request_errors", "Requests that were wrong", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("connection_errors", "Connections that failed", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("response_errors", "Answers that were wrong", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric("responses", "Answers by the first digit of their status", "1/s", kind="counter"),
        Metric(
            "up",
            "It is up",
            larger_is_better=True,
            rules=(Rule("HAProxy: a part is down", below=1, for_s=30, severity="critical"),),
        ),
        Metric("servers_up", "Servers of a back end that are up", larger_is_better=True),
    )

    def run(self) -> None:
        """Read the table once."""
        # Sums first: of very many servers the last ones are beyond the limit of series, and not whole proxies.
        rows = sorted(read_table(self._text()), key=lambda row: row["svname"] not in _SUMS)
        for row in rows:
            if row["svname"] in _SUMS or self.option("servers"):
                self._row(row)

    def _text(self) -> str:
        if self.option("url"):
            url = self.option("url")
            return fetch(
                url if url.endswith(";csv") else f"{url};csv",
                timeout_s=self.remaining_s(),
                user=self.option("user"),
                password=self.option("password"),
                most=_MOST,
            ).text()
        with connect(self.option("address"), timeout_s=self.remaining_s()) as connection:
            connection.sendall(b"show stat\n")
            with connection.makefile("rb") as answer:
                return answer.read(_MOST).decode("utf-8", "replace")

    def _row(self, row: dict[str, str]) -> None:
        labels = {"proxy": row["pxname"], "part": _SUMS.get(row["svname"], row["svname"])}
        for metric, column in _GAUGES:
            self.report(metric, number(row, column), **labels)
        for metric, column in _COUNTERS:
            self.counter(metric, number(row, column), **labels)
        for digit in "12345":
            self.counter("responses", number(row, f"hrsp_{digit}xx"), status=f"{digit}xx", **labels)
        limit = number(row, "slim")
        if limit and row["svname"] != "BACKEND":  # there it is no limit, but where it is full for its servers
            self.report("sessions_ratio", (number(row, "scur") or 0.0) / limit, **labels)
        if row["svname"] == "BACKEND":
            up = (number(row, "act") or 0.0) + (number(row, "bck") or 0.0)
            self.report("servers_up", up, proxy=row["pxname"])
        status = row.get("status", "")
        if status.partition(" ")[0] in {"MAINT", "DRAIN", "NOLB"} or "no check" in status:
            return  # somebody wants it so, or nobody looks
        self.report("up", float(status.startswith(("UP", "OPEN"))), **labels)


_SUMS = {"FRONTEND": "frontend", "BACKEND": "backend"}
_GAUGES = (("sessions", "scur"), ("queued", "qcur"))
_COUNTERS = (
    ("sessions_total", "stot"),
    ("received_bytes", "bin"),
    ("sent_bytes", "bout"),
    ("request_errors", "ereq"),
    ("connection_errors", "econ"),
    ("response_errors", "eresp"),
)


def read_table(text: str) -> list[dict[str, str]]:
    """The rows of the statistics; `PluginError` if it is something else."""
    if not text.startswith("# pxname,svname,"):
        raise PluginError("these are not the statistics of HAProxy", text[:200])
    lines = [line for line in text[2:].splitlines() if line.strip()]
    return [row for row in csv.DictReader(lines) if row.get("pxname") and row.get("svname")]


def number(row: dict[str, str], column: str) -> float | None:
    """A column as a number; None where it is empty or missing."""
    try:
        return float(row.get(column) or "")
    except ValueError:
        return None
