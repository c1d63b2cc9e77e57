"""What the end of a run means: good values go, bad ones are told one by one, and nothing secret leaves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.plugins.launcher.client import Ended
from agent.plugins.outcome import MOST_MEMORY, Outcome, judge
from agent.plugins.secrets import Resolved
from vedette.events.plugins import PluginSpec

SPEC = PluginSpec("cache", "redis", max_series=5)


def judged(answer: Any = None, *, spec: PluginSpec = SPEC, options: Any = None, **ended: Any) -> Outcome:
    raw = answer if isinstance(answer, bytes) else json.dumps(answer or {}).encode()
    how = {"status": 0, "why": "", "answer": raw, "noise": b"", "cpu_s": 0.01, "wall_s": 0.02, **ended}
    return judge(spec, Ended(**how), Resolved(options or {}), [])


def value(metric: str, number: str, kind: str = "gauge", **labels: str) -> list[Any]:
    return [metric, number, kind, labels]


def test_values_are_named_after_the_plugin_and_labelled_with_the_instance() -> None:
    outcome = judged({"values": [value("keys", "3", db="0"), value("hits", "7", "counter")], "memory": {"a": 1}})
    assert outcome.state == "ok"
    assert outcome.error is None
    assert outcome.values == {'redis.keys{db="0",instance="cache"}': 3.0, 'redis.hits{instance="cache"}': 7.0}
    assert outcome.kinds == {'redis.hits{instance="cache"}': "counter"}
    assert outcome.memory == {"a": 1}
    assert (outcome.run_ms, outcome.cpu_ms) == (20.0, 10.0)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (value("x", "nan"), "x: a finite number, not nan"),
        (value("x", "-inf"), "a finite number, not -inf"),
        (value("x", "many"), "a finite number"),
        (value("bad name", "1"), "bad name: a letter or _"),
        (value("", "1"), "a letter or _"),
        (value('x{a="b"}', "1"), "a metric's name without labels"),
        (value("x", "1", instance="other"), "labels other than instance"),
        (value("x", "1", **{"odd key": "1"}), "labels as key"),
        (value("x" * 300, "1"), "at most 200"),
        (value("good", "2"), "each series once"),
    ],
)
def test_a_bad_value_is_told_and_costs_no_other(bad: list[Any], reason: str) -> None:
    outcome = judged({"values": [value("good", "1"), bad]})
    assert outcome.state == "ok"
    assert outcome.values == {'redis.good{instance="cache"}': 1.0}
    assert outcome.error is not None
    assert outcome.error.startswith("not taken: ")
    assert reason in outcome.error


def test_too_many_series_are_cut_and_counted() -> None:
    outcome = judged({"values": [value(f"x{n}", "1") for n in range(8)], "over": 2})
    assert len(outcome.values) == 5
    assert outcome.error is not None
    assert "only 5 series" in outcome.error
    assert "(5 times)" in outcome.error


@pytest.mark.parametrize(
    ("ended", "state", "text"),
    [
        ({"why": "timeout"}, "timeout", "longer than 20 s"),
        ({"why": "memory"}, "failing", "more than 128 MB"),
        ({"why": "processes"}, "failing", "more than 64 processes"),
        ({"why": "noise"}, "failing", "printed more than"),
        ({"why": "answer"}, "failing", "answered more than"),
        ({"status": 77 << 8}, "failing", "with code 77"),
        ({"status": 11}, "failing", "by signal 11"),
        ({"status": 77 << 8, "noise": b"segv\xff"}, "failing", "it printed: segv"),
    ],
)
def test_a_run_that_ended_badly_gives_its_state_and_no_values(ended: dict[str, Any], state: str, text: str) -> None:
    outcome = judged({"values": [value("x", "1")], "memory": {"a": 1}}, **ended)
    assert outcome.state == state
    assert text in (outcome.error or "")
    assert outcome.values == {}
    assert outcome.memory is None


@pytest.mark.parametrize(
    "answer", [b"", b"garbage", b"[]", b'{"values": [[1]]}', b'{"values": [["x", "1", "odd", {}]]}', b"\xff"]
)
def test_an_answer_that_is_none_is_a_failure(answer: bytes) -> None:
    outcome = judged(answer)
    assert outcome.state == "failing"
    assert "without a good answer" in (outcome.error or "")


def test_a_failure_counts_above_everything_else() -> None:
    outcome = judged({"failure": ["cannot connect", "to it"], "values": [value("x", "1")]})
    assert (outcome.state, outcome.error, outcome.values) == ("failing", "cannot connect: to it", {})


def test_an_error_that_the_plugin_tells_keeps_its_values() -> None:
    outcome = judged({"values": [value("x", "1")], "errors": [["one of three is away", ""]]})
    assert outcome.state == "failing"
    assert outcome.error == "one of three is away"
    assert len(outcome.values) == 1


def test_secrets_are_masked_wherever_they_stand() -> None:
    outcome = judged(
        {
            "values": [value("x", "1", where="redis://u:s3cret@h"), value("s3cret", "1")],
            "alerts": [["s3cret!", "body s3cret"]],
            "errors": [["refused s3cret", ""]],
            "secrets": ["pin"],
        },
        options={"pin": "s3cret"},
        noise=b"prints s3cret",
    )
    told = repr((outcome.values, outcome.alerts, outcome.error, outcome.noise))
    assert "s3cret" not in told
    assert "***" in told


def test_a_secret_in_the_trace_of_a_failure_is_masked_though_the_plugin_has_not_named_it() -> None:
    outcome = judged({"failure": ["no", "trace: hunter22"]}, options={"api_token": "hunter22"})
    assert outcome.error == "no: trace: ***"


def test_a_memory_that_is_too_long_is_told_and_the_older_kept() -> None:
    outcome = judged({"values": [value("x", "1")], "memory": {"a": "x" * MOST_MEMORY}})
    assert outcome.memory is None
    assert "its memory is longer" in (outcome.error or "")
    assert len(outcome.values) == 1


def test_texts_are_cut_and_printable() -> None:
    outcome = judged({"errors": [["x\x00\x1b[31m" * 1000, ""]], "alerts": [["", "y" * 9000]]})
    assert len(outcome.error or "") == 2000
    assert "\x00" not in (outcome.error or "")
    assert outcome.alerts[0][0] == "alert"
    assert len(outcome.alerts[0][1]) == 2000
