"""Series belong together by the labels that a question names."""

from __future__ import annotations

from typing import Any

from alerting.rules import rule_adapter
from vedette.events.samples import make_layout
from vedette.expressions.grouping import Question, columns, grouped, is_asked_of


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


def test_without_labels_there_is_one_answer_for_a_host() -> None:
    (group,) = grouped(question("cpu > 1 and sum(free) > 2"), NAMES)
    assert group.labels == ()
    assert group.names == (("cpu",), (NAMES[1], NAMES[2]))


def test_with_labels_there_is_one_for_each_combination_and_what_lacks_them_belongs_to_all() -> None:
    found = grouped(question("free / total < 0.1 and cpu > 1", per=["mount"]), NAMES)
    assert [group.labels for group in found] == [(("mount", "/"),), (("mount", "/home"),)]
    assert found[0].names == ((NAMES[1],), (NAMES[4],), ("cpu",))
    assert found[1].names == ((NAMES[2],), (NAMES[5],), ("cpu",))


def test_what_has_some_of_the_labels_belongs_where_those_agree() -> None:
    found = grouped(question("free < 1 and queue > 2 and total > 1", per=["mount", "disk"]), NAMES)
    assert [dict(group.labels) for group in found] == [{"disk": "a", "mount": "/"}, {"disk": "b", "mount": "/home"}]
    assert found[0].names == ((NAMES[1],), (), (NAMES[4],))
    assert found[1].names == ((NAMES[2],), (NAMES[3],), (NAMES[5],))


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
