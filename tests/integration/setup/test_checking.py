"""deploy/test.sh: without npm the page's checks are skipped at home, and are a failure in CI."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The script beside stand-ins for what it calls, and a path without npm."""
    folder = tmp_path / "copy"
    for name in ("deploy/lint.sh", ".venv/bin/pytest"):
        stand_in = folder / name
        stand_in.parent.mkdir(parents=True)
        stand_in.write_text(f"#!/bin/bash\necho ran {name}\n")
        stand_in.chmod(0o755)
    shutil.copy2(ROOT / "deploy" / "test.sh", folder / "deploy" / "test.sh")
    (tmp_path / "bin").mkdir()
    for name in ("bash", "env", "dirname"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin" / name).symlink_to(found)
    return folder


def run(copy: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(copy / "deploy" / "test.sh")],
        env={"PATH": str(copy.parent / "bin"), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_at_home_the_page_s_checks_are_skipped_and_it_is_said(copy: Path) -> None:
    done = run(copy)
    assert done.returncode == 0
    assert "skipped: the page's checks" in done.stderr
    assert "ran .venv/bin/pytest" in done.stdout


def test_in_ci_a_missing_npm_is_a_failure(copy: Path) -> None:
    done = run(copy, CI="true")
    assert done.returncode == 1
    assert "npm is not here" in done.stderr
    assert done.stdout == ""
