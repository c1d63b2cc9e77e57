"""Clusters of one flow: what the settings ask for, and the processes of one that lives on this machine alone."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from dataflows.cluster import Seat
from dataflows.recovery import Claim
from dataflows.running import Stop
from launch.supervised import MEMBER, PARENT
from vedette.errors import ConfigurationError, Unavailable
from vedette.settings import FlowSettings

_POLL_S = 0.1
_METRICS_STEP = 100


def seat(settings: FlowSettings, hostname: str) -> Seat | None:
    """This process's place in the cluster that the settings name; None if they name none.

    A host name that ends in a number, like those of a StatefulSet, stands for `cluster_process`.
    """
    if settings.cluster_addresses is None:
        if settings.cluster_process is not None:
            allowed = "only together with VEDETTE_CLUSTER_ADDRESSES"
            raise ConfigurationError("VEDETTE_CLUSTER_PROCESS", settings.cluster_process, allowed)
        return None
    if settings.processes > 1:
        raise ConfigurationError("VEDETTE_PROCESSES", settings.processes, "1 with VEDETTE_CLUSTER_ADDRESSES")
    variable = "VEDETTE_CLUSTER_ADDRESSES"
    addresses = tuple(part.strip() for part in settings.cluster_addresses.split(","))
    ends = [_host_port(variable, address) for address in addresses]
    if len(set(ends)) < len(ends) or len(ends) < 2:
        raise ConfigurationError(variable, settings.cluster_addresses, "two or more different addresses host:port")
    process = settings.cluster_process
    if process is None:
        found = re.search(r"-(\d+)$", hostname.partition(".")[0])
        if found is None:
            allowed = f"a number from 0 to {len(addresses) - 1} (the host name {hostname} does not end in one)"
            raise ConfigurationError("VEDETTE_CLUSTER_PROCESS", "<not set>", allowed)
        process = int(found[1])
    if process >= len(addresses):
        raise ConfigurationError("VEDETTE_CLUSTER_PROCESS", process, f"a number from 0 to {len(addresses) - 1}")
    host, port = ends[0]
    bond = (host, port - 1)
    if settings.cluster_bond is not None:
        bond = _host_port("VEDETTE_CLUSTER_BOND", settings.cluster_bond)
    if bond in ends or bond[1] == 0:
        raise ConfigurationError("VEDETTE_CLUSTER_BOND", f"{bond[0]}:{bond[1]}", "a free port beside the addresses")
    return Seat(process, addresses, bond, claimed=os.environ.get("VEDETTE_SUPERVISED") == MEMBER)


def _host_port(variable: str, text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigurationError(variable, text, "host:port, such as flows-0.internal:2101")
    return host.removeprefix("[").removesuffix("]"), int(port)


def run_processes(name: str, settings: FlowSettings, claim: Claim, stop: Stop) -> None:
    """Run the flow's processes until all have ended; SIGTERM or SIGINT is passed on to them.

    If one dies, the others are killed and `Unavailable` is raised: whoever supervises this process starts the whole
    again, from the last snapshot.
    """
    ports = _free_ports(settings.processes + 1)
    members: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(settings.processes):
            members.append(_started(name, _environment(settings, ports, number), claim))  # noqa: PERF401 - one may fail
        while _running(name, members) and not stop.wait(_POLL_S):
            pass
        for member in members:
            member.send_signal(signal.SIGTERM)
        while running := _running(name, members):
            with suppress(subprocess.TimeoutExpired):
                running[0].wait(_POLL_S)
    finally:
        for member in members:
            member.kill()
        for member in members:
            member.wait()


def _started(name: str, environment: dict[str, str], claim: Claim) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "launch.main", "flow", name]
    # They inherit the lock, so that it is held as long as one of them lives.
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, pass_fds=claim.files)


def _environment(settings: FlowSettings, ports: Sequence[int], number: int) -> dict[str, str]:
    own = {
        "VEDETTE_PROCESSES": "1",
        "VEDETTE_WORKERS": str(settings.workers),
        "VEDETTE_CLUSTER_ADDRESSES": ",".join(f"127.0.0.1:{port}" for port in ports[1:]),
        "VEDETTE_CLUSTER_PROCESS": str(number),
        "VEDETTE_CLUSTER_BOND": f"127.0.0.1:{ports[0]}",
        "VEDETTE_SUPERVISED": MEMBER,
        PARENT: str(os.getpid()),
    }
    if settings.metrics_port:
        own["VEDETTE_METRICS_PORT"] = str(settings.metrics_port + _METRICS_STEP * number)
    return {**os.environ, **own}


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _running(name: str, members: Sequence[subprocess.Popen[bytes]]) -> list[subprocess.Popen[bytes]]:
    """Those that run; `Unavailable` if one has failed."""
    failed = [(code, number) for number, member in enumerate(members) if (code := member.poll())]
    if failed:
        code, number = min(failed)  # who was killed comes first: the others follow with an exit code
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise Unavailable(f"process {number} of the flow {name} has ended ({how}), and with it all others")
    return [member for member in members if member.returncode is None]
