"""PHP-FPM: requests, workers and the queue before them, from the status page of a pool."""

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.fastcgi import ask


class PhpFpmPlugin(Plugin):
    """One pool of PHP-FPM whose configuration has `pm.status_path`; it is asked directly, without a web server."""

    name = "php_fpm"
    title = "PHP-FPM"
    section = "Web"
    options = (
        Option("address", "/run/php/php-fpm.sock", "the pool's listen: the path of its socket, or host:port"),
        Option("path", "/status", "the pool's pm.status_path"),
    )
    metrics = (
        Metric("uptime_s", "Uptime", "s", rules=(Rule("PHP-FPM was restarted", below=300),)),
        Metric("requests", "Requests", "1/s", kind="counter"),
        Metric(
            "queue",
            "Requests that wait for a worker",
            larger_is_better=False,
            rules=(Rule("PHP-FPM queues requests", above=0, for_s=120),),
        ),
        Metric("queue_ratio", "The queue, of what it can hold", "ratio", 2, larger_is_better=False),
        Metric("active", "Busy workers"),
        Metric("idle", "Idle workers"),
        Metric("workers", "Workers"),
        Metric(
            "limit_reached",
            "Times that no more workers were allowed",
            "1/s",
            4,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("PHP-FPM reaches pm.max_children", above=0, for_s=300),),
        ),
        Metric("slow_requests", "Slow requests", "1/s", 4, larger_is_better=False, kind="counter"),
    )

    def run(self) -> None:
        """Ask for the page once."""
        path = self.option("path")
        request = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": path,
            "SCRIPT_FILENAME": path,
            "REQUEST_URI": path,
            "QUERY_STRING": "",
            "SERVER_PROTOCOL": "HTTP/1.1",
        }
        headers, body = ask(self.option("address"), request, timeout_s=self.remaining_s())
        lines = (line.partition(":") for line in body.decode("utf-8", "replace").splitlines())
        found = {name.strip(): value.strip() for name, _, value in lines}
        if "accepted conn" not in found:
            why = headers.get("status", "another page")
            raise PluginError(f"{path} is not the status page of PHP-FPM ({why}): set pm.status_path", str(body[:200]))
        pool = found.get("pool", "")
        for metric, field in _GAUGES:
            self.report(metric, number(found, field), pool=pool)
        for metric, field in _COUNTERS:
            self.counter(metric, number(found, field), pool=pool)
        room = number(found, "listen queue len")
        if room:
            self.report("queue_ratio", (number(found, "listen queue") or 0.0) / room, pool=pool)


_GAUGES = (
    ("uptime_s", "start since"),
    ("queue", "listen queue"),
    ("active", "active processes"),
    ("idle", "idle processes"),
    ("workers", "total processes"),
)
_COUNTERS = (
    ("requests", "accepted conn"),
    ("limit_reached", "max children reached"),
    ("slow_requests", "slow requests"),
)


def number(found: dict[str, str], field: str) -> float | None:
    """A field as a number; None if it is missing or none."""
    try:
        return float(found[field])
    except (KeyError, ValueError):
        return None
