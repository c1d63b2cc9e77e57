"""A port: whether somebody listens, and how long connecting takes."""

import time

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket


class PortPlugin(Plugin):
    """One TCP port or Unix socket, as seen from this host."""

    name = "port"
    title = "Port"
    section = "Network"
    options = (
        Option("address", "", "host:port, or the path of a Unix socket", required=True),
        Option("tls", False, "make a TLS connection too"),
        Option("verify", True, "check the certificate"),
        Option("expect", "", "text that the server must say first; empty: not waited for"),
    )
    metrics = (
        Metric(
            "open",
            "It is open",
            larger_is_better=True,
            rules=(Rule("a port is closed", below=1, for_s=60, severity="critical"),),
        ),
        Metric("connect_s", "Time to connect", "s", 4, larger_is_better=False),
        Metric(
            "expected",
            "The server says what it should",
            larger_is_better=True,
            rules=(Rule("a port says another thing", below=1, for_s=60),),
        ),
    )

    def run(self) -> None:
        """Connect once."""
        began = time.monotonic()
        try:
            connection = connect(
                self.option("address"),
                timeout_s=self.remaining_s() / 2,
                tls=self.option("tls"),
                verify=self.option("verify"),
            )
        except PluginError as error:
            if "is not allowed" in error.subject:
                raise
            self.report("open", 0)
            self.error(error.subject)
            return
        with connection:
            self.report("connect_s", time.monotonic() - began)
            self.report("open", 1)
            if self.option("expect"):
                self.report("expected", float(self._says(connection)))

    def _says(self, connection: "socket.socket") -> bool:
        wanted, said = self.option("expect").encode(), b""
        try:
            while wanted not in said and len(said) < 4096 and (piece := connection.recv(4096)):
                said += piece
        except OSError:
            pass  # it said no more in time
        return wanted in said
