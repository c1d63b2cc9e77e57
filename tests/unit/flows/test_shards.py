"""The number of shards is part of a flow's state, and the state is one flow's."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.flows import keep_flow, keep_shards
from vedette.errors import ConfigurationError


def test_the_same_number_goes_on(tmp_path: Path) -> None:
    keep_shards(tmp_path / "recovery", 16)
    keep_shards(tmp_path / "recovery", 16)


def test_another_number_is_refused_with_the_one_that_is_allowed(tmp_path: Path) -> None:
    keep_shards(tmp_path / "recovery", 16)
    with pytest.raises(ConfigurationError, match="VEDETTE_SHARDS: 8 is not allowed; allowed: 16"):
        keep_shards(tmp_path / "recovery", 8)


def test_the_folder_of_another_flow_is_refused(tmp_path: Path) -> None:
    keep_flow(tmp_path / "recovery", "rollup")
    keep_flow(tmp_path / "recovery", "rollup")
    with pytest.raises(ConfigurationError, match="this one holds the state of rollup"):
        keep_flow(tmp_path / "recovery", "alerts")
