"""The command that compares two ranges of rows says what each method found, and that one of them found nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from launch.commands import model_metrics as commands
from launch.main import app

DOMAIN = {"auc": 1.0, "low": 1.0, "high": 1.0, "p": 0.005}
PLANE = {"error": 2.0, "usual": 1.0, "lower": 0.5, "upper": 1.5, "components": 1, "p": 0.002}


@pytest.mark.parametrize(
    ("plane", "told"),
    [(PLANE, "reconstruction error 2, usually 0.5 to 1.5, p 0.002"), (None, "no reconstruction error")],
)
def test_a_method_that_has_no_answer_is_named(
    plane: dict[str, Any] | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: dict[str, Any] = {"window": {"rows": 200}, "baseline": {"rows": 300}}
    means = {"feature": "city = Oslo", "baseline": 0.25, "window": None, "adjusted": 0.001}
    sizes |= {"moved": [means, {**means, "feature": "age", "adjusted": 0.3}], "absent": ["label"]}
    found = {"drifted": True, "adjusted": 0.005, "domain": DOMAIN, "reconstruction": plane, "pairs": [], **sizes}
    monkeypatch.setattr(commands, "gateway", lambda **_: SimpleNamespace(call=lambda *_, **__: found))
    monkeypatch.setattr(commands, "model_id", lambda known, model: 1)
    with commands.console.capture() as said:
        assert CliRunner().invoke(app, ["model", "multivariate", "1"]).exit_code == 3
    words = said.get()
    assert told in words
    assert "city = Oslo was 0.25, now none" in words
    assert "age was" not in words
    assert "no such column: label" in words
