"""Series belong together by the labels that a question names."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerting.rules import rule_adapter
from vedette.events.names import parse_series
from vedette.events.samples import make_layout
from vedette.expressions.grouping import MOST_READINGS, Group, Question, columns, grouped, is_asked_of


def question(expression: str, **fields: Any) -> Question:
    rule = {"name": "r", "kind": "expression", "expression": expression, **fields}
    found: Any = rule_adapter.validate_python(rule)
    asked: Question = found.question()
    return asked


NAMES = (
    "cpu",
    'free{disk="a",mount="/"}',
    'free{disk="b",mount="/home"}',
    'queue{disk="b"}',
    'total{mount="/"}',
    'total{mount="/home"}',
)


def groups(asked: Question, names: tuple[str, ...]) -> tuple[Group, ...]:
    found = grouped(asked, names)
    assert found is not None
    return found


def test_without_labels_there_is_one_answer_for_a_host() -> None:
    (group,) = groups(question("cpu > 1 and sum(free) > 2"), NAMES)
    assert group.labels == ()
    assert group.names == (("cpu",), (NAMES[1], NAMES[2]))


def test_with_labels_there_is_one_for_each_combination_and_what_lacks_them_belongs_to_all() -> None:
    found = groups(question("free / total < 0.1 and cpu > 1", per=["mount"]), NAMES)
    assert [group.labels for group in found] == [(("mount", "/"),), (("mount", "/home"),)]
    assert found[0].names == ((NAMES[1],), (NAMES[4],), ("cpu",))
    assert found[1].names == ((NAMES[2],), (NAMES[5],), ("cpu",))


def test_what_has_some_of_the_labels_belongs_where_those_agree() -> None:
    found = groups(question("free < 1 and queue > 2 and total > 1", per=["mount", "disk"]), NAMES)
    assert [dict(group.labels) for group in found] == [{"disk": "a", "mount": "/"}, {"disk": "b", "mount": "/home"}]
    assert found[0].names == ((NAMES[1],), (), (NAMES[4],))
    assert found[1].names == ((NAMES[2],), (NAMES[3],), (NAMES[5],))


@given(st.lists(st.sets(st.sampled_from(['x="1"', 'x="2"', 'y="1"', 'y="2"', 'z="1"'])), max_size=12))
def test_each_series_belongs_where_its_labels_agree(chosen: list[set[str]]) -> None:
    labelled = [{part[0]: part for part in sorted(some)} for some in chosen]
    names = tuple(sorted({f"{'ab'[n % 2]}{{{','.join(one.values())}}}" for n, one in enumerate(labelled) if one}))
    for group in groups(question("count(a) > 1 or count(b) > 1", per=["y", "x"]), names):
        agreeing = [n for n in names if all(dict(parse_series(n)[1]).get(k, v) == v for k, v in group.labels)]
        assert group.names == tuple(tuple(n for n in agreeing if n[0] == operand) for operand in "ab")


def test_many_operands_over_many_series_in_many_combinations_are_not_read() -> None:
    each = tuple(f'g{{m="{n:03}"}}' for n in range(100))
    for more, is_read in ((MOST_READINGS // 100 - 1, True), (MOST_READINGS // 100, False)):
        others = tuple(f"s{n:03}" for n in range(more))
        found = grouped(question('count(g) + count({__name__=~"s.*"}) > 1', per=["m"]), each + others)
        assert (found is not None) == is_read


def test_where_nothing_has_the_labels_there_is_no_answer() -> None:
    assert grouped(question("cpu > 1", per=["core"]), ("cpu",)) == ()


def test_columns_are_those_of_any_operand() -> None:
    layout = make_layout(list(NAMES), {})
    assert [name for _, name in columns(question("cpu > 1 or queue > 1").expression, layout)] == ["cpu", NAMES[3]]


def test_a_question_is_asked_of_the_hosts_it_names_and_has_a_mark_of_its_own() -> None:
    one = question("cpu > 1", hosts='{source=~"web-.*",role="db"}')
    assert is_asked_of(one, "web-1")
    assert not is_asked_of(one, "db-1")
    marks = {
        question("cpu > 1").mark,
        question("cpu > 2").mark,
        question("cpu > 1", per=["a"]).mark,
        question("cpu > 1", within_s=60).mark,
        one.mark,
    }
    assert len(marks) == 5
    assert question("cpu > 1", for_s=60, name="other") is question("cpu > 1"), "how long it must hold is no question"
    assert one.subject("h", (("mount", "/"),)) == f'expression:h/{one.mark}{{mount="/"}}'
