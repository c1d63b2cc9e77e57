"""Silences as code: told apart by their names, for as long as they hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from launch.main import app
from tests.integration.gateway.declared import HOUR_MS, at, at_home, exported
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_apply import run


@pytest.fixture
def house(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return at_home(fresh, monkeypatch)


def silence(name: str, end: str, **fields: str) -> str:
    more = "".join(f", {key}: {json.dumps(value)}" for key, value in fields.items())
    return f'silences: [{{name: {name}, selector: \'{{source="web-1"}}\', to: "{end}"{more}}}]\n'


def test_silences_are_made_changed_and_ended_by_name(house: Gateway, tmp_path: Path) -> None:
    by_hand = house.call("POST", "/v1/silences", json={"selector": '{source="db"}', "minutes": 60}).json()
    end = at(3)
    code, said = run(tmp_path, silence("disk", end), "--yes")
    assert (code, said.splitlines()) == (0, ["+ silence disk", "1 to create", "1 of 1 done"])
    same = end.replace("Z", "+00:00")
    assert run(tmp_path, silence("disk", same), "--yes")[1].startswith("nothing to do")
    before = {row["name"]: row for row in house.get("/v1/silences").json()["silences"]}
    code, said = run(tmp_path, silence("disk", at(4), reason="takes longer"), "--yes")
    assert '    reason: "" → "takes longer"' in said.splitlines()
    after = {row["name"]: row for row in house.get("/v1/silences").json()["silences"]}
    assert (after["disk"]["id"], after["disk"]["from_ms"]) == (before["disk"]["id"], before["disk"]["from_ms"])
    assert after["disk"]["to_ms"] - before["disk"]["to_ms"] == pytest.approx(HOUR_MS, abs=120_000)
    assert after["disk"]["reason"] == "takes longer"
    assert [one["name"] for one in exported("--section", "silences")["silences"]] == ["disk"]
    code, said = run(tmp_path, "silences: []", "--yes", "--prune")
    assert (code, said.splitlines()[0]) == (0, "- silence disk")
    assert [row["id"] for row in house.get("/v1/silences").json()["silences"]] == [by_hand["id"]], "it has no name"
    assert CliRunner().invoke(app, ["export", "--section", "silences"]).stdout == ""


def test_a_silence_that_is_over_is_not_made_again_and_one_that_should_be_is_ended(
    house: Gateway, tmp_path: Path
) -> None:
    assert run(tmp_path, silence("disk", at(-1)), "--yes")[1].startswith("nothing to do")
    run(tmp_path, silence("disk", at(1)), "--yes")
    assert len(house.get("/v1/silences").json()["silences"]) == 1
    code, said = run(tmp_path, silence("disk", at(-1)), "--yes")
    assert (code, said.splitlines()[-1]) == (0, "1 of 1 done"), said
    assert house.get("/v1/silences").json()["silences"] == []
    assert run(tmp_path, silence("disk", at(-1)), "--yes")[1].startswith("nothing to do")
    run(tmp_path, silence("disk", at(1)), "--yes")  # a new one of that name; the old one stays in the past
    assert len(house.get("/v1/silences?over=true").json()["silences"]) == 2
