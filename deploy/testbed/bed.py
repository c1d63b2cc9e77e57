"""A testbed: the three kinds of servers in one folder, brought up and taken down together."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.testbed.installing import Cache
from deploy.testbed.kafka_server import KafkaServer, Node
from deploy.testbed.s3_server import S3Server
from deploy.testbed.server import Server, TestbedError, free_ports
from deploy.testbed.timescale_server import TimescaleServer


class Bed:
    """The testbed in `folder`. What it is made of is written in the folder, so any process can take it up again."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder.absolute()
        self._cache = Cache(cache.absolute())

    def up(self, brokers: int = 1, ports: dict[str, int] | None = None) -> dict[str, str]:
        """Bring up what does not run, wait until all answer, and return the environment that tests read.

        `ports` gives a server's port by the server's name; without it a free one is taken. Both hold for a new
        testbed only: a second `up` takes the first one's, and `TestbedError` if asked for others.
        """
        if os.geteuid() != 0:
            raise TestbedError("the testbed needs root: it makes a Debian root, and mounts inside it")
        with self._alone():
            if not self._plan.exists():
                _write(self._plan, json.dumps(_new_plan(brokers, ports or {}), indent=2))
            self._check(brokers, ports or {})
            with ThreadPoolExecutor() as pool:
                list(pool.map(Server.start, self._servers()))
                list(pool.map(Server.wait, self._servers()))
            environment = self.environment()
            lines = [f"export {name}={value}\n" for name, value in environment.items()]
            _write(self.folder / "env", "".join(lines))
        return environment

    def down(self) -> None:
        """End its processes and delete its folder. Nothing happens if there is none."""
        if not self.folder.exists():
            return
        with self._alone():
            for server in self._servers() if self._plan.exists() else []:
                server.kill()
            shutil.rmtree(self.folder)

    def kill(self, name: str) -> None:
        """SIGKILL one server; its data and its port stay its own."""
        self._server(name).kill()

    def start(self, name: str) -> None:
        """Start one server again, and wait until it answers."""
        server = self._server(name)
        server.start()
        server.wait()

    @contextmanager
    def paused(self, *names: str) -> Iterator[None]:
        """While this holds, these servers stand still as they are: they answer nothing, and close nothing."""
        servers = [self._server(name) for name in names]
        try:
            for server in servers:
                server.process.pause()
            yield
        finally:
            for server in servers:
                server.process.go_on()

    def wire(self, name: str) -> tuple[int, int]:
        """For a proxy before a broker: the port it must listen on, and the one it must connect to."""
        behind, wire = _wired(self._read()["ports"], self._server(name).name) or (0, 0)
        if not wire:
            raise TestbedError(f"the testbed in {self.folder} has no ports for a proxy before {name}; make it anew")
        return wire, behind

    def running(self) -> dict[str, bool]:
        """Each server's name, and whether its process is alive."""
        return {server.name: server.process.running() is not None for server in self._servers()}

    def environment(self) -> dict[str, str]:
        """The environment that tests read."""
        plan = self._read()
        at = {server.name: server.address for server in self._servers()}
        return {
            "VEDETTE_TEST_KAFKA": ",".join(at[name] for name in _broker_names(plan["brokers"])),
            "VEDETTE_TEST_TIMESCALE": at["timescale"],
            "VEDETTE_TEST_S3": at["s3"],
            "VEDETTE_TEST_S3_KEY": plan["key"],
            "VEDETTE_TEST_S3_SECRET": plan["secret"],
        }

    @property
    def _plan(self) -> Path:
        return self.folder / "plan.json"

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._plan.read_text())
        except FileNotFoundError:
            raise TestbedError(f"no testbed is up in {self.folder}") from None
        return found

    def _check(self, brokers: int, ports: dict[str, int]) -> None:
        plan = self._read()
        if plan["brokers"] != brokers:
            raise TestbedError(f"the testbed in {self.folder} has {plan['brokers']} broker(s); take it down first")
        for name, port in ports.items():
            if plan["ports"].get(name) != port:
                raise TestbedError(f"the testbed in {self.folder} has ports {plan['ports']}; take it down first")

    def _servers(self) -> list[Server]:
        plan, cache = self._read(), self._cache
        ports = plan["ports"]
        names = _broker_names(plan["brokers"])
        nodes = [
            Node(number, ports[name], ports[f"{name}-controller"], _wired(ports, name))
            for number, name in enumerate(names, 1)
        ]
        return [
            *(KafkaServer(name, self.folder / name, cache, nodes[i], nodes) for i, name in enumerate(names)),
            TimescaleServer("timescale", self.folder / "timescale", cache, ports["timescale"], plan["password"]),
            S3Server("s3", self.folder / "s3", cache, ports["s3"], plan["key"], plan["secret"]),
        ]

    def _server(self, name: str) -> Server:
        servers = {server.name: server for server in self._servers()}
        if name not in servers:
            raise TestbedError(f"there is no server {name!r}; there are {', '.join(servers)}")
        return servers[name]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time per folder. The lock lies inside, so one who waited may hold the lock of a deleted folder."""
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / "lock"
            with path.open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if path.exists() and path.stat().st_ino == os.fstat(lock.fileno()).st_ino:
                    yield
                    return


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def default_folder() -> Path:
    """Where the testbed of this user lies: `VEDETTE_TESTBED_FOLDER`, or a folder among the temporary ones."""
    named = os.environ.get("VEDETTE_TESTBED_FOLDER")
    return Path(named) if named else Path(tempfile.gettempdir()) / f"vedette-testbed-{os.geteuid()}"


def default_cache() -> Path:
    """Where jars, root and programs are kept: `VEDETTE_TESTBED_CACHE`, or a folder of the user's cache."""
    named = os.environ.get("VEDETTE_TESTBED_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "vedette" / "testbed"


def _broker_names(brokers: int) -> list[str]:
    return ["kafka"] if brokers == 1 else [f"kafka-{number}" for number in range(1, brokers + 1)]


def _wired(ports: dict[str, int], name: str) -> tuple[int, int] | None:
    """A broker's ports for a proxy; a testbed of an older version has none."""
    found = [ports[key] for key in (f"{name}-behind", f"{name}-wire") if key in ports]
    return (found[0], found[1]) if found else None


def _new_plan(brokers: int, ports: dict[str, int]) -> dict[str, Any]:
    if brokers not in (1, 3):
        raise TestbedError(f"brokers: {brokers} is not allowed; allowed are 1 and 3")
    kafka = _broker_names(brokers)
    sides = [f"{name}-{side}" for name in kafka for side in ("controller", "behind", "wire")]
    names = [*kafka, *sides, "timescale", "s3"]
    if unknown := set(ports) - set(names):
        raise TestbedError(
            f"port for {', '.join(sorted(unknown))}: there is no such server; there are {', '.join(names)}"
        )
    free = dict(zip(names, free_ports(len(names)), strict=True))
    return {
        "brokers": brokers,
        "ports": {**free, **ports},
        "password": secrets.token_hex(16),
        "key": secrets.token_hex(10),
        "secret": secrets.token_hex(20),
    }
