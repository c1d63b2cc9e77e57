"""The janitor: whatever a part does, the others are visited and the next round comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from launch.up import janitor
from launch.up.janitor import Janitor
from vedette.clock import FakeClock
from vedette.errors import StoreUnavailable


class Part:
    """A log or a store that fails."""

    def __init__(self, error: Exception) -> None:
        self.error, self.visits = error, 0

    def enforce_retention(self, now_ms: int) -> None:
        self.visits += 1
        raise self.error

    def connection(self) -> Any:
        self.visits += 1
        raise self.error


@pytest.mark.parametrize("error", [StoreUnavailable("away"), OSError(28, "No space left on device"), KeyError("odd")])
def test_a_part_that_fails_does_not_keep_the_others_from_their_visit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    log, store, cuts = Part(error), Part(error), []

    def cut(folder: Path) -> None:
        cuts.append(folder)
        raise error

    monkeypatch.setattr(janitor, "cut", cut)
    found = Janitor(cast(Any, log), cast(Any, store), tmp_path, FakeClock())
    found.go_round()
    found.go_round()
    assert (log.visits, store.visits, len(cuts)) == (2, 2, 2)
