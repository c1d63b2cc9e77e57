"""nginx: connections and requests, from the page of the module stub_status."""

import re

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.http import fetch

_PAGE = re.compile(
    r"Active connections:\s*(\d+)\s+server accepts handled requests\s+(\d+)\s+(\d+)\s+(\d+)"
    r"\s+Reading:\s*(\d+)\s+Writing:\s*(\d+)\s+Waiting:\s*(\d+)"
)


class NginxPlugin(Plugin):
    """One nginx, whose configuration has a `location` with `stub_status;`."""

    name = "nginx"
    title = "nginx"
    section = "Web"
    options = (
        Option("url", "http://127.0.0.1/nginx_status", "where stub_status answers"),
        Option("user", "", "for basic authentication"),
        Option("password", "", "the same", secret=True),
        Option("verify", True, "check the certificate"),
    )
    metrics = (
        Metric("connections", "Open connections"),
        Metric("accepted", "New connections", "1/s", kind="counter"),
        Metric(
            "dropped",
            "Connections that were not handled",
            "1/s",
            2,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("nginx drops connections", above=0, for_s=60, severity="critical"),),
        ),
        Metric("requests", "Requests", "1/s", kind="counter"),
        Metric("reading", "Connections whose request is read"),
        Metric("writing", "Connections that are answered"),
        Metric("waiting", "Idle connections"),
    )

    def run(self) -> None:
        """Ask for the page once."""
        answer = fetch(
            self.option("url"),
            timeout_s=self.remaining_s(),
            user=self.option("user"),
            password=self.option("password"),
            verify=self.option("verify"),
            most=1 << 16,
        )
        found = _PAGE.search(answer.text())
        if found is None:
            raise PluginError("this is not the page of stub_status", answer.text()[:200])
        active, accepted, handled, requests, reading, writing, waiting = map(int, found.groups())
        self.report("connections", active)
        self.counter("accepted", accepted)
        self.counter("dropped", accepted - handled)
        self.counter("requests", requests)
        self.report("reading", reading)
        self.report("writing", writing)
        self.report("waiting", waiting)
