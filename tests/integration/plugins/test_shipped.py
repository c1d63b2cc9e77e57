"""Every plugin that ships says all that dashboards, pages and rules need; and the documentation is true."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from agent.plugins.catalogue import PluginInfo, kind_files, native_files, threshold_rules
from agent.plugins.local import read_file
from alerting.rules import rule_adapter
from launch.plugin_trial import try_once
from tests.architecture.reference import plugins
from vedette.events.plugins import PluginSpec, check_plugin

PAGE = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text(encoding="utf-8")
NATIVE = [path.stem for path in native_files()]


@cache
def shipped() -> dict[str, PluginInfo]:
    return {Path(info.path).stem: info for info in plugins()}


@pytest.mark.parametrize("name", NATIVE)
def test_a_native_plugin_is_complete(name: str) -> None:
    info = shipped()[name]
    assert info.failure is None, info.failure
    assert info.name == name, "a plugin is named after its file"
    check_plugin("name", info.name)
    assert info.title
    assert info.section
    assert info.notes
    assert info.metrics
    assert len({metric.name for metric in info.metrics}) == len(info.metrics)
    assert len({option.name for option in info.options}) == len(info.options)
    assert any(metric.rules for metric in info.metrics), "each ships with a default rule"
    for metric in info.metrics:
        assert metric.label, metric.name
        assert re.fullmatch(r"[a-z][a-z0-9_.]*", metric.name), metric.name


@pytest.mark.parametrize("name", NATIVE)
def test_its_default_rules_are_rules_that_the_account_may_make(name: str) -> None:
    for rule in threshold_rules(shipped()[name], "one"):
        assert rule_adapter.validate_python(rule).name


def test_what_says_nothing_about_itself_is_told(tmp_path: Path) -> None:
    assert {path.stem for path in kind_files()} <= shipped().keys()
    (tmp_path / "empty.py").write_text("x = 1\n")
    outcome = try_once(PluginSpec("empty", "empty"), tmp_path, None).outcome
    assert outcome.state == "failing"
    assert "one subclass of Plugin, not 0" in (outcome.error or "")


def test_the_documented_plugin_runs(tmp_path: Path) -> None:
    [source] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "queue.py").write_text(source)
    spec = PluginSpec("queue", "queue", options={"folder": str(tmp_path)})
    outcome = try_once(spec, tmp_path, None).outcome
    assert outcome.state == "ok", outcome.error
    assert outcome.values[f'queue.files{{folder="{tmp_path}",instance="queue"}}'] >= 1


@pytest.mark.parametrize("number", range(5))
def test_the_documented_files_are_read(tmp_path: Path, number: int) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    (tmp_path / "statsd.toml").write_text(blocks[number])
    spec = read_file(tmp_path / "statsd.toml")
    known = shipped()[{"json": "json_values", "python": spec.plugin}.get(spec.kind, spec.kind)]
    assert spec.options.keys() <= {option.name for option in known.options}
    assert json.dumps(spec.options)
