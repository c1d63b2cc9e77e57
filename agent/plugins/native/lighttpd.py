"""lighttpd: requests, traffic and connections, from the page of mod_status."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.http import fetch


class LighttpdPlugin(Plugin):
    """One lighttpd, whose configuration sets `status.status-url`."""

    name = "lighttpd"
    title = "lighttpd"
    section = "Web"
    options = (
        Option("url", "http://127.0.0.1/server-status?auto", "the page of mod_status for programs (?auto)"),
        Option("user", "", "for basic authentication"),
        Option("password", "", "the same", secret=True),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s", rules=(Rule("lighttpd was restarted", below=300),)),
        Metric("requests", "Requests", "1/s", kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
        Metric("busy", "Connections in use"),
        Metric("idle", "Connections that are free"),
        Metric(
            "busy_ratio",
            "Connections in use of those that may be",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("lighttpd runs out of connections", above=0.9, for_s=120, severity="critical"),),
        ),
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
        try:
            busy, idle = float(found["BusyServers"]), float(found["IdleServers"])
            requests, kilobytes = float(found["Total Accesses"]), float(found["Total kBytes"])
            uptime_s = float(found["Uptime"])
        except (KeyError, ValueError):
            raise PluginError("this is not lighttpd's page of mod_status with ?auto", answer[:200]) from None
        self.report("uptime_s", uptime_s)
        self.counter("requests", requests)
        self.counter("sent_bytes", kilobytes * 1024)
        self.report("busy", busy)
        self.report("idle", idle)
        if busy + idle:
            self.report("busy_ratio", busy / (busy + idle))
