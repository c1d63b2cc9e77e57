"""Apache Kafka in KRaft mode: nodes that are broker and controller at once."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.testbed.installing import Cache
from deploy.testbed.kafka_metadata import broker_ports
from deploy.testbed.server import Server, TestbedError

_HEAP = "512m"
_CLUSTER = "dmVkZXR0ZS10ZXN0YmVkMQ"  # any 16 bytes, in base64 without padding


@dataclass(frozen=True)
class Node:
    """Where one node listens: clients on `port`, controllers on `controller_port`.

    `wired` is a second pair of ports for clients: it listens on the first, and tells who comes in there to come to the
    second. So a test can put a proxy before it that clients do not go round.
    """

    number: int
    port: int
    controller_port: int
    wired: tuple[int, int] | None = None


class KafkaServer(Server):
    """One node of the cluster `nodes`.

    With three nodes, topics have three replicas of which two must acknowledge.
    """

    def __init__(self, name: str, folder: Path, cache: Cache, node: Node, nodes: list[Node]) -> None:
        super().__init__(name, folder)
        self._cache = cache
        self._node = node
        self._nodes = nodes

    @property
    def address(self) -> str:
        """Where clients find this node."""
        return f"127.0.0.1:{self._node.port}"

    def prepare(self) -> None:
        """Write the settings; format the folder unless it is."""
        settings = "".join(f"{key}={value}\n" for key, value in self._settings().items())
        self._properties.write_text(settings)
        if (self._data / "meta.properties").exists():
            return
        done = subprocess.run(
            self._java(
                "kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", _CLUSTER, "-c", str(self._properties)
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise TestbedError(f"{self.name}: its folder cannot be formatted: {done.stderr.strip()}")

    def command(self) -> list[str]:
        """The broker's command line."""
        return self._java("kafka.Kafka", str(self._properties))

    def answers(self) -> None:
        """Ask this node for the brokers: it must know itself as one."""
        ports = broker_ports(self._node.port)
        if self._node.port not in ports:
            raise TestbedError(f"{self.name} is not registered yet; registered are the ports {sorted(ports)}")

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _java(self, *arguments: str) -> list[str]:
        # Two cores are enough for all that runs here; the heap is small because the page cache does the work.
        options = [f"-Xmx{_HEAP}", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        return ["java", *options, "-cp", f"{self._cache.kafka()}/*", *arguments]

    def _settings(self) -> dict[str, str | int]:
        node = self._node
        replicas = min(3, len(self._nodes))
        enough = max(1, replicas - 1)
        at = {"PLAINTEXT": (node.port, node.port)} | ({"WIRED": node.wired} if node.wired else {})
        return {
            "process.roles": "broker,controller",
            "node.id": node.number,
            "controller.quorum.voters": ",".join(f"{n.number}@127.0.0.1:{n.controller_port}" for n in self._nodes),
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join(
                [f"{name}://127.0.0.1:{ports[0]}" for name, ports in at.items()]
                + [f"CONTROLLER://127.0.0.1:{node.controller_port}"]
            ),
            "advertised.listeners": ",".join(f"{name}://127.0.0.1:{ports[1]}" for name, ports in at.items()),
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,WIRED:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self._data),
            "auto.create.topics.enable": "false",
            "default.replication.factor": replicas,
            "min.insync.replicas": enough,
            "offsets.topic.replication.factor": replicas,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": enough,
            "transaction.state.log.num.partitions": 8,
            "group.initial.rebalance.delay.ms": 0,
            # A killed broker is missed, and may come back, sooner than after the 9 seconds of production.
            "broker.session.timeout.ms": 4000,
            "broker.heartbeat.interval.ms": 1000,
        }
