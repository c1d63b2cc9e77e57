"""The janitor: what must be thrown away, and packed, from time to time on one machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from vedette.clock import Clock
from vedette.errors import VedetteError
from vedette.log import Log
from vedette.settings import TableSettings
from vedette.store.check_digests import pack
from vedette.store.pool import Store
from vedette.store.retention import enforce
from vedette.telemetry import get_logger

EVERY_S = 60.0
PACK_S = 10.0
"""So long a round may make digests: they are missing for all monitors at once, each midnight."""
PACK_ROUNDS = 10
"""Once nothing was missing, it is looked for again after so many rounds."""
MAX_OUTPUT_BYTES = 20 << 20


class Janitor(threading.Thread):
    """Enforces the retention of log and tables, packs days, and cuts output files, once a minute, until `stop`."""

    def __init__(self, log: Log, store: Store, output: Path, clock: Clock) -> None:
        super().__init__(name="janitor", daemon=True)
        self._log, self._store, self._output, self._clock = log, store, output, clock
        self._stop_now = threading.Event()
        self._idle_rounds = 0

    def run(self) -> None:
        """Go round once a minute."""
        while not self._stop_now.wait(EVERY_S):
            self.go_round()

    def go_round(self) -> None:
        """Visit each part once. One that fails is visited again next time; the others are visited all the same."""
        parts: dict[str, Callable[[], object]] = {
            "log": lambda: self._log.enforce_retention(self._clock.now_ms()),
            "tables": lambda: enforce(self._store),
            "digests": self._pack,
            "output": lambda: cut(self._output),
        }
        logger = get_logger("janitor")
        for name, visit in parts.items():
            try:
                visit()
            except (VedetteError, OSError) as error:
                logger.warning("retention_failed", part=name, error=str(error))
            except Exception as error:  # noqa: BLE001 - a disk that fills up slowly is worse than a wrong round
                logger.error("janitor_failed", part=name, error=repr(error))

    def _pack(self) -> None:
        """While there is something to pack, each round; else now and then."""
        if self._idle_rounds % PACK_ROUNDS == 0:
            made = pack(
                self._store, self._clock.now_ms(), PACK_S, TableSettings.load().keep_1d_days, self._stop_now.is_set
            )
            self._idle_rounds = 0 if made else 1
        else:
            self._idle_rounds += 1

    def stop(self) -> None:
        """End at the next occasion."""
        self._stop_now.set()


def cut(folder: Path) -> None:
    """Keep the last half of output files above `MAX_OUTPUT_BYTES`. Their writers append, so they go on at the end."""
    for path in folder.glob("*.log"):
        if path.stat().st_size > MAX_OUTPUT_BYTES:
            kept = path.read_bytes()[-MAX_OUTPUT_BYTES // 2 :]
            path.write_bytes(kept)
