"""The central configuration: a wrong part is refused with its reason, and the others apply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog

from agent.fleet.configuration import Configuration, Part, plugin_part
from vedette.errors import InvalidInput
from vedette.events.fleet import Refusal
from vedette.events.plugins import PluginSpec


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as events:
        yield events


class Desk:
    """A configuration of three parts, which remembers what was applied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.applied: list[tuple[str, Any]] = []
        self.plugins: list[str] = []
        self.parts = {
            "interval_s": Part(float, self._interval),
            "mask_arguments": Part(bool, lambda value: self.applied.append(("mask_arguments", value))),
            "plugins": plugin_part(self._assign),
        }
        self.configuration = Configuration(folder, self.parts)

    def _interval(self, value: float | None) -> None:
        if value is not None and value < 1:
            raise InvalidInput("interval_s", value, "at least 1")
        self.applied.append(("interval_s", value))

    def _assign(self, specs: list[PluginSpec]) -> list[Refusal]:
        self.plugins = [spec.name for spec in specs if spec.plugin != "unknown"]
        return [Refusal(f"plugins[{spec.name}]", "no such plugin") for spec in specs if spec.plugin == "unknown"]

    def take(self, version: str, **config: Any) -> list[str]:
        """Take a configuration; the parts that were refused."""
        raw = {name: msgspec.Raw(json.dumps(value).encode()) for name, value in config.items()}
        self.configuration.take(version, raw)
        return [refusal.part for refusal in self.configuration.refused]


def test_all_parts_are_applied_and_the_version_is_known(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.take("v1", interval_s=5, mask_arguments=True, plugins=[{"name": "a", "plugin": "nginx"}]) == []
    assert desk.applied == [("interval_s", 5.0), ("mask_arguments", True)]
    assert desk.plugins == ["a"]
    assert desk.configuration.version == "v1"


@pytest.mark.parametrize(
    ("config", "part", "reason"),
    [
        ({"interval_s": "soon"}, "interval_s", "expected `float`, got `str`"),
        ({"interval_s": 0.5}, "interval_s", "at least 1"),
        ({"interval_s": [5]}, "interval_s", "expected `float`, got `array`"),
        ({"colour": "red"}, "colour", "this agent does not know it; it knows interval_s, mask_arguments, plugins"),
    ],
)
def test_a_wrong_part_is_refused_with_its_reason_and_the_others_apply(
    tmp_path: Path, config: dict[str, Any], part: str, reason: str
) -> None:
    desk = Desk(tmp_path)
    assert desk.take("v1", mask_arguments=True, **config) == [part]
    assert reason in desk.configuration.refused[0].reason
    assert desk.applied == [("mask_arguments", True)]
    assert desk.configuration.version == "v1", "or the gateway would send it again each minute"


def test_a_part_that_is_refused_stays_as_it_was_and_is_refused_no_longer_once_it_is_right(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take("v1", interval_s=5)
    assert desk.take("v2", interval_s=True) == ["interval_s"]
    assert desk.applied == [("interval_s", 5.0)]
    assert desk.take("v3", interval_s=7) == []
    assert desk.applied[-1] == ("interval_s", 7.0)


def test_what_is_no_longer_configured_is_as_the_agents_own_settings_say(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take("v1", interval_s=5, plugins=[{"name": "a", "plugin": "nginx"}])
    desk.take("v2")
    assert desk.applied == [("interval_s", 5.0), ("interval_s", None)]
    assert desk.plugins == []


def test_a_wrong_plugin_is_refused_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    refused = desk.take(
        "v1",
        plugins=[
            {"name": "good", "plugin": "nginx"},
            {"name": "odd", "plugin": "nginx", "colour": "red"},
            {"name": "typed", "plugin": "nginx", "interval_s": "soon"},
            {"plugin": "nameless"},
            "text",
            {"name": "good", "plugin": "redis"},
            {"name": "new", "plugin": "unknown"},
        ],
    )
    assert desk.plugins == ["good"]
    assert refused == ["plugins[odd]", "plugins[typed]", "plugins[3]", "plugins[4]", "plugins[good]", "plugins[new]"]


def test_a_part_that_fails_costs_itself_and_not_the_agent(tmp_path: Path) -> None:
    def fail(value: Any) -> None:
        raise RuntimeError("a bug")

    desk = Desk(tmp_path)
    desk.parts["mask_arguments"] = Part(bool, fail)
    assert desk.take("v1", interval_s=5, mask_arguments=True) == ["mask_arguments"]
    assert desk.applied == [("interval_s", 5.0)]


def test_what_was_configured_holds_at_the_next_start_too(tmp_path: Path) -> None:
    Desk(tmp_path).take("v1", interval_s=5, colour="red")
    after = Desk(tmp_path)
    after.configuration.restore()
    assert after.applied == [("interval_s", 5.0)]
    assert after.configuration.version == "v1"
    assert [refusal.part for refusal in after.configuration.refused] == ["colour"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 1, "config": {}}'])
def test_a_file_that_is_no_configuration_is_as_none(tmp_path: Path, logged: list[Any], content: bytes) -> None:
    (tmp_path / "agent.config.json").write_bytes(content)
    desk = Desk(tmp_path)
    desk.configuration.restore()
    assert desk.configuration.version == ""
    assert [entry["event"] for entry in logged] == ["config_unreadable"]


def test_the_file_is_its_owners_alone_for_options_may_be_secret(tmp_path: Path) -> None:
    Desk(tmp_path).take("v1", interval_s=5)
    assert (tmp_path / "agent.config.json").stat().st_mode & 0o777 == 0o600
