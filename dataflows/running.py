"""Running a flow: recovery partitions, workers and processes, epochs, and a clean end on SIGTERM."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from pathlib import Path
from types import FrameType

from bytewax._bytewax import cli_main
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig

from dataflows.cluster import Seat, join
from dataflows.cluster.agreement import agree
from dataflows.cluster.letters import Hello
from dataflows.recovery import RecoveryFolder

RECOVERY_PARTITIONS = 4

Flow = Dataflow
"""A flow that was built, for those who only pass it on."""


class Stop:
    """Becomes true at the first SIGTERM or SIGINT, so that sources report their end and the flow drains."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self) -> bool:
        """Whether the flow should end."""
        return self._event.is_set()

    def set(self) -> None:
        """End it; from any thread."""
        self._event.set()

    def wait(self, timeout_s: float) -> bool:
        """Whether it should end, after `timeout_s` at the latest."""
        return self._event.wait(timeout_s)

    def install(self) -> None:
        """Take over both signals; the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._set)

    def _set(self, number: int, frame: FrameType | None) -> None:
        self._event.set()


def prepare(folder: RecoveryFolder, partitions: int) -> None:
    """Make the recovery partitions if there are none; for whoever has claimed the whole folder.

    `Conflict` if some are missing.
    """
    folder.mend()
    for order in agree({0: Hello(0, {}, folder.identity(), folder.parts())}, partitions).values():
        folder.make(order.count, order.parts)


def run(
    flow: Dataflow, recovery: Path, epoch_s: float, *, partitions: int = RECOVERY_PARTITIONS, workers: int = 1
) -> None:
    """Run `flow` in this process alone until its input ends; resume from `recovery` if it was there before.

    An epoch is also the interval of the snapshots: after a crash at most that much is done again. `partitions` is how
    many files the snapshots are spread over, if there are none yet; `workers` are threads.
    """
    folder = RecoveryFolder(recovery)
    with folder.claim():
        prepare(folder, partitions)
        _execute(flow, recovery, epoch_s, workers)


def run_member(
    flow: Dataflow,
    recovery: Path,
    epoch_s: float,
    seat: Seat,
    settings: dict[str, str],
    stop: Stop,
    *,
    partitions: int = RECOVERY_PARTITIONS,
    workers: int = 1,
) -> None:
    """Run this process's part of `flow` when all processes of the cluster are there; return when all have ended.

    `settings` must be the same everywhere. A `stop` in one process stops all. If another process dies, so does this
    one, at once and with exit code 1: the cluster can only begin again as a whole.
    """
    folder = RecoveryFolder(recovery)
    claim = None if seat.claimed else folder.claim(seat.process)
    try:
        hello = Hello(seat.process, settings, folder.identity(), folder.parts())
        bond = join(seat, hello, partitions, folder.make, stop)
        if bond is None:
            return
        _execute(flow, recovery, epoch_s, workers, process_id=seat.process, addresses=list(seat.addresses))
        bond.leave()
    finally:
        if claim is not None:
            claim.close()


def _execute(flow: Dataflow, recovery: Path, epoch_s: float, workers: int, **place: int | list[str]) -> None:
    cli_main(  # type: ignore[no-untyped-call]  # Bytewax types nothing here
        flow,
        workers_per_process=workers,
        epoch_interval=timedelta(seconds=epoch_s),
        recovery_config=RecoveryConfig(str(recovery), timedelta(0)),  # type: ignore[no-untyped-call]
        **place,
    )
