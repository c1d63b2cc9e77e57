"""Options come as the type of their default, and a wrong one is told without showing a secret."""

from __future__ import annotations

from typing import Any

import pytest

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule
from vedette_plugin.options import OptionError, read_options
from vedette_plugin.testing import run_once

DECLARED = (
    Option("text", "x"),
    Option("whole", 5),
    Option("number", 1.5),
    Option("switch", False),
    Option("listed", []),
    Option("table", {}),
)


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("text", 3, "3"),
        ("whole", "7", 7),
        ("whole", 7.0, 7),
        ("number", "2", 2.0),
        ("switch", "yes", True),
        ("switch", False, False),
        ("listed", "a, b,", ["a", "b"]),
        ("listed", ["a", 1], ["a", "1"]),
        ("table", '{"a": 1}', {"a": 1}),
        ("table", {"a": 1}, {"a": 1}),
    ],
)
def test_a_value_is_read_as_the_type_of_the_default(name: str, given: Any, read: Any) -> None:
    assert read_options(DECLARED, {name: given})[name] == read


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("text", [1], "text"),
        ("whole", 1.5, "a whole number"),
        ("whole", True, "a whole number"),
        ("whole", "many", "a whole number"),
        ("number", "nan", "a finite number"),
        ("switch", "perhaps", "true or false"),
        ("listed", {"a": 1}, "a list of texts"),
        ("table", "[]", "a table"),
        ("other", 1, "listed, number, switch, table, text, whole"),
    ],
)
def test_a_wrong_value_names_the_option_and_what_is_allowed(name: str, given: Any, allowed: str) -> None:
    with pytest.raises(OptionError, match=f"option {name}: .*allowed: {allowed}"):
        read_options(DECLARED, {name: given})


def test_what_is_not_given_has_its_default() -> None:
    assert read_options(DECLARED, {}) == {o.name: o.default for o in DECLARED}


def test_a_required_option_must_be_given() -> None:
    with pytest.raises(OptionError, match="option host: missing; where it is"):
        read_options((Option("host", "", "where it is", required=True),), {})


def test_a_secret_s_value_is_not_repeated() -> None:
    with pytest.raises(OptionError) as told:
        read_options((Option("pin", 0, secret=True),), {"pin": "hunter2"})
    assert "hunter2" not in str(told.value)


def test_a_rule_has_one_limit() -> None:
    with pytest.raises(ValueError, match="either above or below"):
        Rule("both", above=1, below=0)
    assert Rule("one", above=0).as_dict()["above"] == 0


class Counting(Plugin):
    """Counts its runs."""

    name = "counting"
    metrics = (Metric("runs", "Runs", kind="counter"), Metric("left", "Left"))

    def run(self) -> None:
        """Once more."""
        runs = self.memory("runs", 0) + 1
        self.remember("runs", runs)
        self.report("runs", runs)
        self.report("left", None)
        self.increase("lines", 2, value="a", metric="b", self="c")
        if runs == 3:
            raise PluginError("three is too many", "really")


def test_a_plugin_remembers_and_reports_as_it_declares() -> None:
    first = run_once(Counting)
    second = run_once(Counting, memory=first.memory)
    assert second.values == {"counting.runs": 2.0, 'counting.lines{metric="b",self="c",value="a"}': 2.0}
    assert second.kinds == {"counting.runs": "counter", 'counting.lines{metric="b",self="c",value="a"}': "delta"}
    assert second.undeclared == ["lines"]
    assert second.failure is None
    third = run_once(Counting, memory=second.memory)
    assert third.failure is not None
    assert (third.failure.subject, third.failure.body) == ("three is too many", "really")


def test_memory_forgets_what_is_none() -> None:
    plugin = Counting(memory={"a": 1})
    plugin.remember("a", None)
    assert plugin.memory("a", "nothing") == "nothing"
