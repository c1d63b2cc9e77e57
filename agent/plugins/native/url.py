"""A URL as this host sees it: status, time, size, and whether the answer holds what it should."""

import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.http import fetch


class UrlPlugin(Plugin):
    """One GET, without following redirects; for services that only this host can reach."""

    name = "url"
    title = "URL"
    section = "Network"
    options = (
        Option("url", "", "what is asked for", required=True),
        Option("status", 200, "the status that is right"),
        Option("contains", "", "text that the answer must hold; empty: not looked at"),
        Option("headers", {}, "a table: headers of the request"),
        Option("user", "", "for basic authentication"),
        Option("password", "", "the same", secret=True),
        Option("verify", True, "check the certificate"),
        Option("unix_socket", "", "connect to this socket, whatever the URL's host"),
    )
    metrics = (
        Metric(
            "up",
            "It answers as it should",
            larger_is_better=True,
            rules=(Rule("a URL fails", below=1, for_s=60, severity="critical"),),
        ),
        Metric("answer_s", "Time to the whole answer", "s", 4, larger_is_better=False),
        Metric("status", "Status of the answer"),
        Metric("size_bytes", "Length of the answer", "bytes"),
    )

    def run(self) -> None:
        """Ask once."""
        began = time.monotonic()
        try:
            answer = fetch(
                self.option("url"),
                timeout_s=self.remaining_s() / 2,
                headers={name: str(value) for name, value in self.option("headers").items()},
                user=self.option("user"),
                password=self.option("password"),
                verify=self.option("verify"),
                unix_socket=self.option("unix_socket"),
                allow_errors=True,
            )
        except PluginError as error:
            if "is not allowed" in error.subject:
                raise
            self.report("up", 0)
            self.error(error.subject, error.body)
            return
        self.report("answer_s", time.monotonic() - began)
        self.report("status", answer.status)
        self.report("size_bytes", len(answer.body))
        right = answer.status == self.option("status") and self.option("contains") in answer.text()
        self.report("up", float(right))
