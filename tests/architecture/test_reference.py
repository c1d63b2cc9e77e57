"""The reference pages say what the code says. `VEDETTE_WRITE_DOCS=1 pytest tests/architecture` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.reference import metrics_page, plugins_catalogue, plugins_page, settings_page, webhook_schema

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("docs/settings.md", settings_page),
        ("docs/metrics.md", metrics_page),
        ("docs/plugin-list.md", plugins_page),
        ("docs/webhook.schema.json", webhook_schema),
        ("web/src/plugins/shipped.json", plugins_catalogue),
    ],
)
def test_a_reference_page_is_up_to_date(name: str, page: Callable[[], str]) -> None:
    path, text = ROOT / name, page()
    if os.environ.get("VEDETTE_WRITE_DOCS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "write it anew with VEDETTE_WRITE_DOCS=1"
