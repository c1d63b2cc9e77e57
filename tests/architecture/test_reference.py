"""The reference pages say what the code says. `VEDETTE_WRITE_DOCS=1 pytest tests/architecture` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.reference import metrics_page, plugins_page, settings_page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("name", "page"), [("settings.md", settings_page), ("metrics.md", metrics_page), ("plugin-list.md", plugins_page)]
)
def test_a_reference_page_is_up_to_date(name: str, page: Callable[[], str]) -> None:
    path, text = DOCS / name, page()
    if os.environ.get("VEDETTE_WRITE_DOCS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "write it anew with VEDETTE_WRITE_DOCS=1"
