"""beanstalkd: jobs by their state, workers and connections, of the server and of each tube."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.connecting import connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import BinaryIO

_MOST = 1 << 20
_MOST_TUBES = 100


class BeanstalkdPlugin(Plugin):
    """One beanstalkd."""

    name = "beanstalkd"
    title = "beanstalkd"
    section = "Queues"
    options = (
        Option("address", "127.0.0.1:11300", "host:port, or the path of a Unix socket"),
        Option("tubes", [], "which tubes are reported; empty: all, up to a hundred"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s"),
        Metric("connections", "Open connections"),
        Metric("workers", "Connections that reserve jobs"),
        Metric("jobs", "New jobs", "1/s", kind="counter"),
        Metric("timeouts", "Jobs whose worker took too long", "1/s", 2, larger_is_better=False, kind="counter"),
        Metric(
            "ready",
            "Jobs that wait for a worker",
            larger_is_better=False,
            rules=(Rule("jobs pile up", above=10_000, for_s=600),),
        ),
        Metric("reserved", "Jobs that are worked on"),
        Metric("delayed", "Jobs that wait for their time"),
        Metric(
            "buried",
            "Jobs that failed for good",
            larger_is_better=False,
            rules=(Rule("jobs are buried", above=0, for_s=300),),
        ),
    )

    def run(self) -> None:
        """One connection: `stats`, the list of tubes, and `stats-tube` for each."""
        with (
            connect(self.option("address"), timeout_s=self.remaining_s()) as connection,
            connection.makefile("rb") as answers,
        ):
            found = read_table(ask(connection, answers, "stats"))
            self.report("uptime_s", found.get("uptime"))
            self.report("connections", found.get("current-connections"))
            self.report("workers", found.get("current-workers"))
            self.counter("jobs", found.get("total-jobs"))
            self.counter("timeouts", found.get("job-timeouts"))
            wanted = self.option("tubes")
            there = ask(connection, answers, "list-tubes").splitlines()
            names = wanted or [line[2:] for line in there if line.startswith("- ")]
            for tube in names[:_MOST_TUBES]:
                # One that is not there, or went with its last job since it was listed, has none.
                one = read_table(ask(connection, answers, f"stats-tube {tube}"))
                for state in ("ready", "reserved", "delayed", "buried"):
                    self.report(state, one.get(f"current-jobs-{state}", 0.0), tube=tube)


def ask(connection: "socket.socket", answers: "BinaryIO", command: str) -> str:
    """Send a command; the text that it is answered with, empty if what it asks about is not there."""
    connection.sendall(f"{command}\r\n".encode())
    head = answers.readline(_MOST).decode("utf-8", "replace").split()
    if head == ["NOT_FOUND"]:
        return ""
    if len(head) != 2 or head[0] != "OK" or not head[1].isdigit() or int(head[1]) > _MOST:
        raise PluginError("this is not beanstalkd", f"it answered {' '.join(head)[:80]!r} to {command}")
    return answers.read(int(head[1]) + 2)[:-2].decode("utf-8", "replace")


def read_table(text: str) -> dict[str, float]:
    """The numbers in a table of the form `key: value`."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(": ")
        try:
            if colon:
                found[key] = float(value)
        except ValueError:
            continue
    return found
