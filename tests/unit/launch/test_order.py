"""The order of a start: senders come when the services are ready, and not at all if a stop was asked for before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from launch.up import command
from launch.up.child import ChildSpec

DSN = "postgresql://127.0.0.1/vedette"


class Recorded:
    """A supervisor that only tells what it was asked for."""

    events: list[str]
    stops_while_waiting = False

    def __init__(self, *arguments: Any) -> None:
        self._stopping = False

    def take_signals(self) -> None:
        pass

    def stopping(self) -> bool:
        return self._stopping

    def start(self, *specs: ChildSpec) -> None:
        self.events.extend(spec.name for spec in specs)

    def wait_ready(self, timeout_s: float) -> None:
        self.events.append("ready")
        self._stopping = self.stops_while_waiting

    def run(self) -> None:
        self.events.append("run")

    def stop(self) -> None:
        self.events.append("stop")


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> type[Recorded]:
    kind = type("Here", (Recorded,), {"events": []})
    monkeypatch.setattr(command, "Supervisor", kind)
    for name in ("migrate", "Store", "bootstrap", "Janitor", "open_log", "check_port", "announce"):
        monkeypatch.setattr(command, name, lambda *arguments, **named: Ignored())
    return kind


class Ignored:
    """What takes no part here."""

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


def test_senders_start_when_the_services_are_ready(supervisor: type[Recorded], tmp_path: Path) -> None:
    command.up(tmp_path, "127.0.0.1", 8420, 5.0, DSN)
    services = [
        "gateway",
        "flow-rollup",
        "flow-endpoints",
        "flow-trends",
        "flow-drift",
        "flow-alerts",
        "flow-archive",
        "alert-worker",
    ]
    assert supervisor.events == [*services, "ready", "agent", "probe", "run", "stop"]


def test_a_stop_before_that_leaves_them_out(supervisor: type[Recorded], tmp_path: Path) -> None:
    supervisor.stops_while_waiting = True
    command.up(tmp_path, "127.0.0.1", 8420, 5.0, DSN)
    assert supervisor.events[-2:] == ["ready", "stop"]
    assert "agent" not in supervisor.events
