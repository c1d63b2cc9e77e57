"""What a confined thread may reach: told by the events that Python raises before it does something."""

from __future__ import annotations

import os
import sqlite3
import sys
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from alerting.confinement import Confined, confined

PUBLIC, PRIVATE = ("1.1.1.1", 443), ("10.0.0.1", 443)
EVENTS = pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.sendmsg"])


def refusal(by: Confined, event: str, *args: object) -> str | None:
    with confined(by):
        try:
            sys.audit(event, *args)
        except PermissionError as error:
            assert by.refused is not None
            return str(error)
    return None


@EVENTS
def test_public_addresses_are_reached_and_private_ones_if_it_is_allowed(event: str) -> None:
    assert refusal(Confined(), event, None, PUBLIC) is None
    assert "VEDETTE_ALLOW_PRIVATE" in str(refusal(Confined(), event, None, PRIVATE))
    assert refusal(Confined(allow_private=True), event, None, PRIVATE) is None


@EVENTS
@pytest.mark.parametrize("host", ["::1", "fe80::1%eth0", "::ffff:127.0.0.1", "0.0.0.0", "169.254.169.254", "a.example"])
def test_what_is_not_surely_public_is_refused(event: str, host: str) -> None:
    assert refusal(Confined(), event, None, (host, 80)) is not None


@EVENTS
def test_nothing_is_reached_where_nobody_waits_or_nothing_is_to_be_sent(event: str) -> None:
    for by in (Confined(connects=False, allow_private=True), Confined(abandoned=True, allow_private=True)):
        assert refusal(by, event, None, PUBLIC) is not None


@pytest.mark.parametrize("allow_private", [False, True])
def test_sockets_files_and_programs_of_the_host_are_never_reached(allow_private: bool) -> None:
    by = Confined(allow_private=allow_private)
    library = os.path.join(sysconfig.get_path("stdlib"), "os.py")  # noqa: PTH118 - as libraries spell it
    assert refusal(by, "socket.connect", None, "/run/docker.sock") is not None
    assert refusal(by, "subprocess.Popen", "sh", ["sh"], None, None) is not None
    assert refusal(by, "open", "/etc/passwd", "r", 0) is not None
    assert refusal(by, "open", f"{library}/../../../../../../../../etc/passwd", "r", 0) is not None
    assert refusal(by, "open", library, "w", 0) is not None
    assert refusal(by, "open", library, None, os.O_RDWR) is not None
    assert refusal(by, "open", library, "r", 0) is None
    assert refusal(by, "open", 7, "r", 0) is None


def test_the_first_refusal_is_kept() -> None:
    by = Confined()
    refusal(by, "socket.connect", None, PRIVATE)
    refusal(by, "os.system", "true")
    assert "10.0.0.1" in str(by.refused)


def test_other_threads_and_what_comes_after_are_free() -> None:
    faults: list[BaseException] = []

    def other() -> None:
        try:
            sys.audit("socket.connect", None, PRIVATE)
        except BaseException as error:  # noqa: BLE001 - told by the test
            faults.append(error)

    with confined(Confined()):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert faults == []
    sys.audit("socket.connect", None, PRIVATE)


def test_files_are_neither_moved_nor_made(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    deeds: list[Callable[[], object]] = [
        lambda: (tmp_path / "a").rename(tmp_path / "b"),
        (tmp_path / "a").unlink,
        (tmp_path / "c").mkdir,
        lambda: (tmp_path / "d").symlink_to(tmp_path / "a"),
        lambda: sqlite3.connect(tmp_path / "e"),
    ]
    for deed in deeds:
        with confined(Confined(allow_private=True)), pytest.raises(PermissionError):
            deed()
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
