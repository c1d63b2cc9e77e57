"""Apache httpd: requests, traffic and workers, from the page of mod_status."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.http import fetch


class ApachePlugin(Plugin):
    """One Apache httpd, whose configuration has `SetHandler server-status` somewhere."""

    name = "apache"
    title = "Apache httpd"
    section = "Web"
    options = (
        Option("url", "http://127.0.0.1/server-status?auto", "the page of mod_status for programs (?auto)"),
        Option("user", "", "for basic authentication"),
        Option("password", "", "the same", secret=True),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s"),
        Metric("requests", "Requests", "1/s", kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
        Metric("busy", "Busy workers"),
        Metric("idle", "Idle workers"),
        Metric(
            "busy_ratio",
            "Busy workers of all that may be",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("Apache runs out of workers", above=0.9, for_s=120, severity="critical"),),
        ),
        Metric("workers", "Places for workers, by what they do"),
        Metric("connections", "Open connections"),
    )

    def run(self) -> None:
        """Ask for the page once."""
        answer = fetch(
            self.option("url"),
            timeout_s=self.remaining_s(),
            user=self.option("user"),
            password=self.option("password"),
            verify=self.option("verify"),
            most=1 << 20,
        ).text()
        found = dict(line.split(": ", 1) for line in answer.splitlines() if ": " in line)
        if "Scoreboard" not in found:
            raise PluginError("this is not the page of mod_status with ?auto", answer[:200])
        self.report("uptime_s", number(found, "ServerUptimeSeconds", "Uptime"))
        self.counter("requests", number(found, "Total Accesses"))
        sent = number(found, "Total kBytes")
        self.counter("sent_bytes", None if sent is None else sent * 1024)
        self.report("busy", number(found, "BusyWorkers"))
        self.report("idle", number(found, "IdleWorkers"))
        self.report("connections", number(found, "ConnsTotal"))
        board = found["Scoreboard"].strip()
        working = sum(board.count(letter) for letter in _WORK)
        if board:
            self.report("busy_ratio", working / len(board))
        for letter, work in {**_WORK, "_": "waiting", ".": "free"}.items():
            self.report("workers", board.count(letter), work=work)


_WORK = {
    "S": "starting",
    "R": "reading",
    "W": "sending",
    "K": "keepalive",
    "D": "dns",
    "C": "closing",
    "L": "logging",
    "G": "finishing",
    "I": "cleanup",
}


def number(found: dict[str, str], *keys: str) -> float | None:
    """The first of these fields that is a number."""
    for key in keys:
        try:
            return float(found[key])
        except (KeyError, ValueError):
            continue
    return None
