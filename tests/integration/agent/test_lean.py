"""A running agent has let go of what it needed only to begin, and its token is in no place that others can read."""

from __future__ import annotations

from pathlib import Path

from tests.integration.agent.test_fleet import agent, enrol, gateway, vedette
from tests.integration.gateway.server import Gateway

__all__ = ["gateway"]


def test_the_process_goes_on_without_what_checks_settings(gateway: Gateway, tmp_path: Path) -> None:
    assert enrol(gateway, tmp_path, "web-1").returncode == 0
    with agent(tmp_path) as process:
        process.says("control_followed")
        place = Path(f"/proc/{process.process.pid}")
        loaded = (place / "maps").read_text()
        assert "pydantic_core" not in loaded
        assert "psutil" in loaded, "it is the agent that runs there"
        command = (place / "cmdline").read_bytes().split(b"\0")
        assert command[1:4] == [b"-P", b"-m", b"agent"]
        assert b"vdt_" not in (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        process.process.terminate()
        assert process.ended() == 0
        assert "agent_stopped" in process.words()


def test_an_error_that_comes_later_is_one_line_too(gateway: Gateway, tmp_path: Path) -> None:
    assert enrol(gateway, tmp_path, "web-1").returncode == 0
    with agent(tmp_path) as process:
        process.says("agent_started")
        second = vedette(tmp_path, "agent")
        assert second.returncode == 1
        [line] = [line for line in second.stderr.splitlines() if "error: " in line]
        assert line.startswith("error: ")
        assert "VEDETTE_SPOOL" in line
        assert "Traceback" not in second.stderr
