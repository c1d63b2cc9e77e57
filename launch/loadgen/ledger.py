"""The ledger: a file that holds a load's plan and, line by line, each request that was acknowledged."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec

from launch.loadgen.plan import Plan
from vedette.errors import Conflict, InvalidInput

_FORM = "vedette ledger 1"
_END = b"end"


class LedgerWriter:
    """Notes requests as they are acknowledged; several threads may. The file must not exist before (`Conflict`)."""

    def __init__(self, path: Path, plan: Plan) -> None:
        try:
            self._file = path.open("xb")
        except FileExistsError as error:
            raise Conflict(f"the ledger {path} exists already; name another, or delete it") from error
        except OSError as error:
            raise InvalidInput("--ledger", str(path), f"a file that can be made ({error.strerror})") from error
        self._lock = threading.Lock()
        self._write(msgspec.json.encode({"form": _FORM, "plan": plan}))

    def acknowledged(self, lane: int, request: int, attempts: int) -> None:
        """Note that the gateway took a request, which it had been sent `attempts` times. Each lane goes in order."""
        self._write(msgspec.json.encode((lane, request, attempts)))

    def end(self) -> None:
        """Note that nothing is on its way any more."""
        self._write(_END)

    def close(self) -> None:
        """Close the file; without its end it tells of a load that was broken off."""
        self._file.close()

    def _write(self, line: bytes) -> None:
        with self._lock:
            self._file.write(line + b"\n")
            self._file.flush()


class Ledger:
    """A ledger that was read: the plan, and what of it was acknowledged."""

    def __init__(self, plan: Plan, lines: list[tuple[int, int, int]]) -> None:
        self.plan = plan
        self._done: dict[int, int] = {}
        self._repeated: dict[tuple[int, int], int] = {}
        for lane, request, attempts in lines:
            if request != self._done.get(lane, 0):
                raise InvalidInput("ledger", (lane, request), "the requests of each lane in their order")
            self._done[lane] = request + 1
            if attempts > 1:
                self._repeated[lane, request] = attempts

    def steps(self, lane: int) -> int:
        """How many steps of a lane were acknowledged."""
        done = self._done.get(lane, 0)
        return self.plan.steps_of(lane, done - 1).stop if done else 0

    def attempts(self, lane: int, step: int) -> int:
        """How often the request with this step was sent: the log may hold it as often."""
        return self._repeated.get((lane, step // self.plan.steps_per_request(lane)), 1)

    @property
    def repeated(self) -> int:
        """How many requests were sent more than once."""
        return len(self._repeated)


def read_ledger(path: Path) -> Ledger:
    """The ledger in a file; `InvalidInput` if it is none, or if its load was broken off."""
    try:
        head, *lines = path.read_bytes().splitlines()
    except (OSError, ValueError) as error:
        raise InvalidInput("--check", str(path), f"a ledger that can be read ({error})") from error
    try:
        found: dict[str, Any] = msgspec.json.decode(head)
        if found["form"] != _FORM:
            raise ValueError(found["form"])
        plan = msgspec.convert(found["plan"], Plan)
        broken = not lines or lines[-1] != _END
        body = [msgspec.json.decode(line, type=tuple[int, int, int]) for line in lines[:-1]]
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput("--check", str(path), f"a ledger that `vedette loadgen` wrote ({error})") from error
    if broken:
        raise InvalidInput("--check", str(path), "the ledger of a load that has ended: this one runs, or was killed")
    return Ledger(plan, body)
