"""What `vedette up` does before and beside its children: the port, a leftover server, output files."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from launch.up import janitor
from launch.up.command import check_port, end_leftover
from launch.up.janitor import cut
from vedette.errors import ConfigurationError


def test_a_port_that_somebody_listens_on_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigurationError, match="--port"):
            check_port("127.0.0.1", taken.getsockname()[1])


def test_a_free_port_is_taken() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)


def test_an_address_that_is_not_of_this_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.1"):
        check_port("192.0.2.1", 8420)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that names its data folder on its command line, as PostgreSQL does, and is reaped when it ends."""
    data = tmp_path / "postgres"
    data.mkdir()
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, lambda *a: sys.exit(5)); print(flush=True); signal.pause()"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(data)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    reaper = threading.Thread(target=process.wait)
    reaper.start()
    yield process
    if process.returncode is None:
        process.kill()
    reaper.join(30)
    process.stdout.close()


def test_a_server_that_was_left_behind_is_stopped(server: subprocess.Popen[bytes], tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    (data / "postmaster.pid").write_text(f"{server.pid}\n{data}\n")
    end_leftover(data)
    assert server.wait(30) == 5


def test_a_process_that_only_inherited_the_number_is_left_alone(
    server: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    other = tmp_path / "another"
    other.mkdir()
    (other / "postmaster.pid").write_text(f"{server.pid}\n{other}\n")
    end_leftover(other)
    assert server.poll() is None


@pytest.mark.parametrize("text", [None, "", "nonsense\n", "999999999\n"])
def test_without_a_leftover_nothing_happens(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "postmaster.pid").write_text(text)
    end_leftover(tmp_path)


def test_an_output_file_that_is_too_large_keeps_its_last_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(janitor, "MAX_OUTPUT_BYTES", 100)
    (tmp_path / "large.log").write_bytes(b"a" * 60 + b"b" * 50)
    (tmp_path / "exact.log").write_bytes(b"c" * 100)
    (tmp_path / "large.txt").write_bytes(b"d" * 200)
    cut(tmp_path)
    assert (tmp_path / "large.log").read_bytes() == b"b" * 50
    assert (tmp_path / "exact.log").read_bytes() == b"c" * 100
    assert (tmp_path / "large.txt").read_bytes() == b"d" * 200


def test_a_writer_goes_on_at_the_end_of_a_file_that_was_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(janitor, "MAX_OUTPUT_BYTES", 10)
    with (tmp_path / "x.log").open("ab", buffering=0) as output:
        output.write(b"0123456789abcde")
        cut(tmp_path)
        output.write(b"!")
    assert (tmp_path / "x.log").read_bytes() == b"abcde!"


def test_a_stop_signal_is_what_the_database_understands(tmp_path: Path) -> None:
    from launch.up.folder import DataFolder
    from launch.up.plan import FLOWS, Plan

    plan = Plan(DataFolder(tmp_path), "0.0.0.0", 8420, 5.0, None)
    assert plan.postgres().stop_signal is signal.SIGINT
    assert plan.url == "http://127.0.0.1:8420"
    names = [spec.name for spec in plan.services() + plan.senders()]
    assert names == ["gateway", *(f"flow-{flow}" for flow in FLOWS), "alert-worker", "agent", "probe"]
    assert all(spec.env["VEDETTE_SUPERVISED"] == "1" for spec in plan.services() + plan.senders())
