"""Journal: what a restarted probe must know: the last tick handed out, and the slots without a result."""

from __future__ import annotations

from pathlib import Path

import msgspec

from probes.schedule import Slot
from probes.statefile import replace_file
from vedette.telemetry import get_logger


class JournalState(msgspec.Struct, frozen=True):
    """`watermark` is a tick (seconds UTC); `open` are slots up to it whose results are not in the spool."""

    watermark: int
    open: list[Slot] = msgspec.field(default_factory=list)


class Journal:
    """The state in one small file, replaced as a whole. Methods block for the disk."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.json"

    def load(self) -> JournalState | None:
        """The last saved state; None at the first start, or (logged) when the file is broken."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=JournalState)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            get_logger("probe").warning("journal_unreadable", path=str(self._path), error=str(error))
            return None

    def save(self, state: JournalState) -> None:
        """Replace the state. Survives kill -9; after a power cut it may be the one before. Raises OSError."""
        replace_file(self._path, msgspec.json.encode(state))
