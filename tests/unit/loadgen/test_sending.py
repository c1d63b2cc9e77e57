"""The sender repeats what was not acknowledged, notes how often, and gives up only when told or refused."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from launch.client import GatewayError
from launch.loadgen.ledger import LedgerWriter, read_ledger
from launch.loadgen.plan import Plan
from launch.loadgen.sending import Load
from vedette.errors import NotAuthenticated

PLAN = Plan(3, 1_700_000_000_000, 4_000, 2, 2, 6, 1, 4)
Answers = Callable[[int], tuple[int, dict[str, Any]]]


class Door:
    """Answers what `answers` says for each request, counted from 0, and keeps the bodies."""

    def __init__(self) -> None:
        self.answers: Answers = lambda number: (202, {"rejected": 0, "rejects": []})
        self.bodies: list[bytes] = []
        door = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                door.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                code, answer = door.answers(len(door.bodies) - 1)
                data = json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def door() -> Iterator[Door]:
    found = Door()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def load(door: Door, path: Path) -> Load:
    return Load(PLAN, door.url, "t", LedgerWriter(path, PLAN), 1e6)


def test_all_requests_are_sent_and_noted(door: Door, tmp_path: Path) -> None:
    assert load(door, tmp_path / "l").run()
    assert [len(json.loads(body)) for body in door.bodies] == [4, 4, 4]
    assert read_ledger(tmp_path / "l").steps(0) == 6


@pytest.mark.parametrize("code", [429, 503])
def test_what_was_not_acknowledged_is_sent_again_as_it_was(door: Door, tmp_path: Path, code: int) -> None:
    taken = door.answers
    door.answers = lambda number: (code, {}) if number == 1 else taken(number)
    running = load(door, tmp_path / "l")
    assert running.run()
    assert door.bodies[1] == door.bodies[2]
    ledger = read_ledger(tmp_path / "l")
    assert [ledger.attempts(0, step) for step in (0, 2, 4)] == [1, 2, 1]
    assert running.progress.repeated == 1


@pytest.mark.parametrize(
    ("code", "answer", "error"),
    [
        (401, {}, NotAuthenticated),
        (422, {}, GatewayError),
        (202, {"rejected": 1, "rejects": [{"field": "ts"}]}, GatewayError),
    ],
)
def test_what_will_never_be_taken_ends_the_load(
    door: Door, tmp_path: Path, code: int, answer: dict[str, Any], error: type[Exception]
) -> None:
    door.answers = lambda _: (code, answer)
    with pytest.raises(error):
        load(door, tmp_path / "l").run(every_s=0.05)


def test_one_that_is_given_up_has_no_end(door: Door, tmp_path: Path) -> None:
    door.answers = lambda _: (503, {})
    running = load(door, tmp_path / "l")
    assert not running.run(lambda _: running.give_up(), 0.05)
    with pytest.raises(Exception, match="killed"):
        read_ledger(tmp_path / "l")
