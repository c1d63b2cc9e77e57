"""Docker: containers by state, and processor, memory, network, restarts and health of each that runs."""

from concurrent.futures import ThreadPoolExecutor

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.http import fetch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_CONTAINERS = 100
_AT_ONCE = 8


class DockerPlugin(Plugin):
    """One Docker daemon, through its socket. Whoever may use that socket is as good as root: think before."""

    name = "docker"
    title = "Docker"
    section = "Containers"
    options = (
        Option("address", "/var/run/docker.sock", "the daemon's socket, or its http:// address"),
        Option("containers", True, "report each container that runs too, up to a hundred"),
    )
    metrics = (
        Metric("containers", "Containers by their state"),
        Metric("images", "Images"),
        Metric("cpu_s", "Time on processors, each second", "s/s", 3, kind="counter"),
        Metric("throttled_s", "Time held back, each second", "s/s", 3, larger_is_better=False, kind="counter"),
        Metric("memory_bytes", "Memory without what could be given back", "bytes"),
        Metric(
            "memory_ratio",
            "Memory of the container's limit",
            "ratio",
            2,
            larger_is_better=False,
            rules=(Rule("a container is near its limit of memory", above=0.95, for_s=300),),
        ),
        Metric("processes", "Processes and threads"),
        Metric("received_bytes", "Received", "bytes/s", kind="counter"),
        Metric("sent_bytes", "Sent", "bytes/s", kind="counter"),
        Metric("read_bytes", "Read from disks", "bytes/s", kind="counter"),
        Metric("written_bytes", "Written to disks", "bytes/s", kind="counter"),
        Metric(
            "restarts",
            "Times that the daemon started it anew",
            "1/s",
            4,
            larger_is_better=False,
            kind="counter",
            rules=(Rule("a container restarts again and again", above=0.01, for_s=300),),
        ),
        Metric(
            "healthy",
            "Its health check succeeds",
            larger_is_better=True,
            rules=(Rule("a container is unhealthy", below=1, for_s=60, severity="critical"),),
        ),
    )

    def run(self) -> None:
        """The daemon's own view, and the statistics of each container, some at once."""
        daemon = self._get("/info")
        if not isinstance(daemon, dict) or "Containers" not in daemon:
            raise PluginError("this is not a Docker daemon", str(daemon)[:200])
        for state in ("Running", "Paused", "Stopped"):
            self.report("containers", daemon.get(f"Containers{state}"), state=state.lower())
        self.report("images", daemon.get("Images"))
        if not self.option("containers"):
            return
        listed = self._get("/containers/json")[:_MOST_CONTAINERS]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = [one for one in pool.map(self._look, listed) if one[1] is not None]
        # What alarms hang on comes first: of very many containers the rest is beyond the limit of series.
        for name, _, about in found:
            self._health(name, about)
        for name, stats, about in found:
            self._container(name, stats or {}, about)

    def _look(self, listed: "dict[str, Any]") -> "tuple[str, dict[str, Any] | None, dict[str, Any]]":
        names = listed.get("Names") or [listed["Id"][:12]]
        try:
            stats = self._get(f"/containers/{listed['Id']}/stats?stream=false&one-shot=true")
            return names[0].lstrip("/"), stats, self._get(f"/containers/{listed['Id']}/json")
        except PluginError:
            return names[0], None, {}  # it ended while we looked

    def _container(self, name: str, stats: "dict[str, Any]", about: "dict[str, Any]") -> None:
        used = stats.get("cpu_stats") or {}
        self.counter("cpu_s", seconds(used.get("cpu_usage", {}).get("total_usage")), container=name)
        self.counter("throttled_s", seconds(used.get("throttling_data", {}).get("throttled_time")), container=name)
        memory = stats.get("memory_stats") or {}
        if "usage" in memory:
            more = memory.get("stats") or {}
            own = max(0, memory["usage"] - more.get("inactive_file", more.get("total_inactive_file", 0)))
            self.report("memory_bytes", own, container=name)
            if about.get("HostConfig", {}).get("Memory"):
                self.report("memory_ratio", own / about["HostConfig"]["Memory"], container=name)
        self.report("processes", (stats.get("pids_stats") or {}).get("current"), container=name)
        # Not their sums: networks and disks come and go, and a sum that shrinks looks like a restart.
        for network, one in (stats.get("networks") or {}).items():
            self.counter("received_bytes", one.get("rx_bytes"), container=name, network=network)
            self.counter("sent_bytes", one.get("tx_bytes"), container=name, network=network)
        for one in (stats.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ():
            metric = _DISK_METRICS.get(str(one.get("op")).lower())
            if metric:
                self.counter(metric, one.get("value"), container=name, disk=f"{one.get('major')}:{one.get('minor')}")

    def _health(self, name: str, about: "dict[str, Any]") -> None:
        self.counter("restarts", about.get("RestartCount"), container=name)
        health = (about.get("State") or {}).get("Health")
        if health and health.get("Status") != "starting":
            self.report("healthy", float(health.get("Status") == "healthy"), container=name)

    def _get(self, path: str) -> "Any":
        address = self.option("address")
        near = address.startswith("/")
        url = f"http://docker{path}" if near else address.rstrip("/") + path
        answer = fetch(url, timeout_s=self.remaining_s(), unix_socket=address if near else "")
        return answer.json("a Docker daemon")


_DISK_METRICS = {"read": "read_bytes", "write": "written_bytes"}


def seconds(nanoseconds: "float | None") -> float | None:
    """None stays None."""
    return None if nanoseconds is None else nanoseconds / 1e9
