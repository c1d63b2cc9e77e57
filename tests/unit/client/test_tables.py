from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from tests.unit.client.doubles import Gateway, Time
from vedette_client import Misuse, Recorder
from vedette_client.message import ARROW, JSON, Message, halves
from vedette_client.references import _content
from vedette_client.rows import rows_of

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


class Pandas:
    """The part of pandas' DataFrame that is used."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    @property
    def iloc(self) -> Any:
        return self

    def __getitem__(self, part: slice) -> Pandas:
        return Pandas(self._rows[part])

    def __len__(self) -> int:
        return len(self._rows)

    def to_dict(self, orient: str) -> list[dict[str, Any]]:
        assert orient == "records"
        return self._rows


class Polars:
    """The part of polars' DataFrame that is used."""

    def iter_rows(self, *, named: bool) -> Any:
        assert named
        return iter(ROWS)

    def write_parquet(self, to: Any) -> None:
        to.write(b"PAR1")


@pytest.mark.parametrize("table", [ROWS, pa.table({"a": [1, 2], "b": ["x", None]}), Pandas(ROWS), Polars(), iter(ROWS)])
def test_every_kind_of_table_is_its_rows(table: Any) -> None:
    assert list(rows_of(table)) == ROWS


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_real_data_frame_is_its_rows(package: str) -> None:
    frames = pytest.importorskip(package, reason=f"{package} is not installed")
    assert list(rows_of(frames.DataFrame({"a": [1, 2]}))) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("table", ["text", {"a": 1}, 7])
def test_what_is_no_table_is_named(table: Any) -> None:
    with pytest.raises(Misuse):
        list(rows_of(table))


def test_named_columns_of_a_table_are_prediction_id_and_time() -> None:
    gateway = Gateway()
    rec = Recorder(model="m", transport=gateway, clock=Time(), background=False)
    rows = [{"a": 1, "p": 0.5, "i": "x", "t": 5}, "no row", {"a": 2, "p": 0.25, "i": "y", "t": 6}]
    assert rec.record_rows(rows, prediction="p", id="i", ts="t") == 3
    rec.flush()
    (body,) = gateway.bodies
    assert (body["columns"], body["predictions"], body["ids"], body["ts"]) == (
        {"a": [1, 2]}, [0.5, 0.25], ["x", "y"], [5, 6],
    )  # fmt: skip
    assert rec.counters.rejected == 1
    rec.close()


def test_a_table_that_is_larger_than_memory_waits_for_room() -> None:
    gateway = Gateway()
    rec = Recorder(model="m", transport=gateway, max_rows=100, tick_s=0.001, batch_age_s=0.001)
    assert rec.record_rows({"a": number} for number in range(2000)) == 2000
    rec.flush(60)
    rec.close()
    assert gateway.column("a") == list(range(2000))


class Keeper(Gateway):
    """Keeps messages as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def take(self, message: Message) -> None:
        self.messages.append(message)


def arrow(body: bytes) -> pa.Table:
    return pa.ipc.open_stream(body).read_all()


def test_rows_travel_as_an_arrow_stream_with_the_same_meaning() -> None:
    keeper = Keeper()
    rec = Recorder(model="m", version="2", transport=keeper, clock=Time(), background=False, encoding="arrow")
    rec.record({"x": float("nan"), "c": "red"}, prediction=0.5, id="a", ts=1)
    rec.record({"x": 1.5}, prediction=None, ts=2)
    rec.flush()
    (message,) = keeper.messages
    assert message.content_type == ARROW
    table = arrow(message.wire())
    assert table.schema.metadata == {b"vedette.model": b"m", b"vedette.version": b"2"}
    assert str(table["columns.x"].to_pylist()) == "[nan, 1.5]"
    assert table.drop_columns(["columns.x"]).to_pydict() == {
        "ts": [1, 2], "ids": ["a", None], "columns.c": ["red", None], "prediction": [0.5, None],
    }  # fmt: skip
    assert [arrow(part.body).num_rows for part in halves(message)] == [1, 1]
    rec.close()


def test_a_column_that_arrow_cannot_hold_travels_as_json() -> None:
    keeper = Keeper()
    rec = Recorder(model="m", transport=keeper, clock=Time(), background=False, encoding="arrow")
    rec.record({"a": 1})
    rec.record({"a": "one"})
    rec.flush()
    assert [message.content_type for message in keeper.messages] == [JSON]
    rec.close()


def test_a_reference_travels_in_the_form_that_its_table_has() -> None:
    kind, body = _content(pa.table({"a": [1, 2]}))
    assert (kind, arrow(body).to_pydict()) == (ARROW, {"a": [1, 2]})
    assert _content(Polars()) == ("application/vnd.apache.parquet", b"PAR1")
    kind, body = _content([{"a": float("inf"), 1: object()}])
    assert (kind, json.loads(body)) == ("application/json", {"rows": [{"a": "Infinity", "1": None}]})
