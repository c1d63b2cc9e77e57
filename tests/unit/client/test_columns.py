from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from vedette_client.columns import Row, Table, tables
from vedette_client.message import fitting, halves, of_table
from vedette_client.values import Tally


def one(rows: list[Row], tally: Tally | None = None) -> Table:
    (table,) = tables(rows, tally or Tally())
    return table


def test_a_feature_that_a_row_lacks_is_null_there() -> None:
    table = one([Row({"a": 1, "b": "x"}, None, None, 1), Row({"a": 2, "c": 0.5}, None, None, 2)])
    assert table.columns == {"a": [1, 2], "b": ["x", None], "c": [None, 0.5]}
    assert table.ts == [1, 2]
    assert table.ids is None
    assert table.predictions is None


def test_keys_that_are_no_text_are_named_by_their_text_unless_that_is_taken() -> None:
    tally = Tally()
    table = one([Row({1: "one", "1": "text", 2: "two", None: 0, (1, 2): 0}, None, None, 0)], tally)
    assert table.columns == {"1": ["text"], "2": ["two"], "None": [0]}
    assert tally.unsupported == 2


def test_one_bad_value_costs_no_other_row_or_column() -> None:
    tally = Tally()
    table = one([Row({"a": object(), "b": 1}, 1.0, "x", 0), Row({"a": 5, "b": 2}, 2.0, "y", 0)], tally)
    assert table.columns == {"a": [None, 5], "b": [1, 2]}
    assert table.predictions == [1.0, 2.0]
    assert table.ids == ["x", "y"]
    assert tally.unsupported == 1


def test_numbers_and_texts_in_one_column_stay_what_they_are() -> None:
    assert one([Row({"a": 1}, None, None, 0), Row({"a": "1"}, None, None, 0)]).columns == {"a": [1, "1"]}


def test_named_predictions_are_columns_and_one_without_a_name_gets_one() -> None:
    rows = [Row({}, {"yes": 0.7, "no": 0.3}, None, 0), Row({}, 0.5, None, 0), Row({}, None, None, 0)]
    assert one(rows).predictions == {"yes": [0.7, None, None], "no": [0.3, None, None], "prediction": [None, 0.5, None]}


def test_ids_are_text() -> None:
    rows = [Row({}, None, given, 0) for given in (7, "a", None, object())]
    assert one(rows).ids == ["7", "a", None, None]


def test_rows_whose_names_have_nothing_in_common_do_not_become_one_sparse_table() -> None:
    rows = [Row({f"{row}.{name}": 1 for name in range(100)}, None, None, row) for row in range(100)]
    found = list(tables(rows, Tally()))
    assert [table.ts for table in found] == [[row] for row in range(100)]
    assert sum(len(table.columns) for table in found) == 10_000


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
_ROWS = st.lists(
    st.builds(
        Row,
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), _VALUES, max_size=5),
        st.one_of(_VALUES, st.dictionaries(st.text(max_size=2), _VALUES, max_size=2)),
        st.one_of(st.none(), st.text(max_size=3), st.integers()),
        st.integers(0, 2**40),
    ),
    max_size=30,
)


@given(_ROWS)
def test_every_row_is_in_one_table_and_all_columns_have_its_length(rows: list[Row]) -> None:
    found = list(tables(rows, Tally()))
    assert sorted(ts for table in found for ts in table.ts) == sorted(row.ts for row in rows)
    for table in found:
        named = table.predictions.values() if isinstance(table.predictions, dict) else [table.predictions or table.ts]
        for column in [*table.columns.values(), *named, table.ids or table.ts]:
            assert len(column) == len(table.ts)


def joined(parts: list[Any]) -> dict[str, Any]:
    """The bodies' columns one after the other."""
    found: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if isinstance(value, list):
                found.setdefault(name, []).extend(value)
            elif isinstance(value, dict):
                columns = found.setdefault(name, {})
                for inner, column in value.items():
                    columns.setdefault(inner, []).extend(column)
            else:
                found[name] = value
    return found


@given(_ROWS, st.integers(1, 2000))
def test_a_message_that_is_cut_holds_the_same_rows_in_the_same_order(rows: list[Row], most: int) -> None:
    for table in tables(rows, Tally()):
        message = of_table(table, "m", "1")
        parts = fitting(message, most)
        assert sum(part.rows for part in parts) == message.rows
        assert all(part.size <= most or part.rows == 1 for part in parts) or message.rows == 0
        whole = msgspec.json.decode(message.body)
        assert message.rows == 0 or joined([msgspec.json.decode(part.body) for part in parts]) == whole


def test_halves_have_no_identity_yet() -> None:
    message = of_table(one([Row({"a": 1}, None, None, 0), Row({"a": 2}, None, None, 1)]), "m", None)
    message.epoch, message.seq = "e", 5
    assert [(part.rows, part.epoch, part.seq) for part in halves(message)] == [(1, None, None), (1, None, None)]
