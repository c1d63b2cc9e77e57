"""Rows of models as an Arrow IPC stream: whole columns go from the body into the log, no value is looked at alone.

Columns: `ts` (milliseconds UTC or a timestamp), `ids`, `columns.NAME`, and `prediction` or `predictions.NAME`. The
schema's metadata says `vedette.model` and `vedette.version`, the headers `X-Vedette-Epoch` and `X-Vedette-Seq` the
identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ingest_api.intake.features import Taken, check_identity, check_name
from ingest_api.intake.samples import Limits
from vedette.errors import InvalidInput
from vedette.events.features import MOST_COLUMNS, MOST_ROWS, MOST_VALUES, PREDICTION, Column, FeatureReport

if TYPE_CHECKING:
    from vedette.tabular import Packed, Stream

ARROW = "application/vnd.apache.arrow.stream"
EPOCH, SEQ = "X-Vedette-Epoch", "X-Vedette-Seq"
_COLUMNS, _PREDICTIONS = "columns.", "predictions."


class ArrowRows:
    """A body that was read but not packed yet: `report` says whose rows these are."""

    def __init__(self, body: bytes, headers: Mapping[str, str], largest: int) -> None:
        """Blocks; `InvalidInput` names what is wrong with the body as a whole. `largest`: bytes, unpacked."""
        from vedette.tabular import Stream  # pyarrow takes a while, and most gateways never need it

        seq, epoch = headers.get(SEQ, ""), headers.get(EPOCH, "")
        if not (seq.isascii() and seq.isdigit()):
            raise InvalidInput(SEQ, seq[:100] or None, "an integer from 0 to 2^62")
        if not epoch:
            raise InvalidInput(EPOCH, None, "a text that is new at each start of the sender")
        stream = Stream.read(body, ARROW, columns=MOST_COLUMNS + 2, rows=MOST_ROWS, values=MOST_VALUES, size=largest)
        model = stream.about.get("vedette.model")
        if not model:
            raise InvalidInput("vedette.model", None, "the model's name, in the schema's metadata")
        ids = stream.texts("ids")
        self.report = FeatureReport(model, epoch, int(seq), [], version=stream.about.get("vedette.version"), ids=ids)
        check_identity(self.report)
        self._stream: Stream = stream

    def take(self, limits: Limits) -> Taken:
        """The rows and columns, packed; a column that is wrong costs itself alone. Blocks for as long as they need."""
        times = self._stream.times("ts")
        good = (times >= limits.oldest_ms) & (times <= limits.newest_ms)
        whole = bool(good.all())
        taken = Taken(self.report, times if whole else times[good], [], int(len(times) - good.sum()))
        names = set(self._stream.names)
        for column in self._stream.names:
            if column in ("ts", "ids"):
                continue
            try:
                name = _name(column, names)
                if len(taken.columns) >= MOST_COLUMNS:
                    raise InvalidInput("columns", name, f"at most {MOST_COLUMNS}")
                packed = self._stream.packed(column)
            except InvalidInput as error:
                taken.refused[column[:200]] = str(error)
                continue
            taken.columns.append(_column(name, packed, None if whole else good))
        if self.report.ids is not None and not whole:
            self.report.ids = [self.report.ids[row] for row in np.flatnonzero(good)]
        return taken


def _name(column: str, names: set[str]) -> str:
    """The feature or prediction that a column of the stream is; `InvalidInput` if it is none."""
    if column.startswith(_COLUMNS):
        return check_name(column.removeprefix(_COLUMNS))
    if column == PREDICTION or column.startswith(_PREDICTIONS):
        name = column if column == PREDICTION else f"{PREDICTION}.{column.removeprefix(_PREDICTIONS)}"
        if _COLUMNS + name in names:
            raise InvalidInput(column, None, f"a name other than the feature's {name!r}")
        return check_name(name)
    raise InvalidInput(column[:200], None, "ts, ids, columns.NAME, prediction or predictions.NAME")


def _column(name: str, packed: Packed, good: npt.NDArray[np.bool_] | None) -> Column:
    values = packed.values if good is None else packed.values[good]
    if packed.words is None:
        return Column(name, "numbers", values.astype("<f8", copy=False).tobytes())
    return Column(name, "codes", values.astype("<i4", copy=False).tobytes(), packed.words)
