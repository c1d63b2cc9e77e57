"""Setting up: a suitable Python is found or its absence explained; without Node the page is left out, once said."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs that holds only what the scripts themselves need."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env", "dirname", "head", "rm", "find", "touch"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def run(script: str, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "deploy" / script), *arguments],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def test_an_unsuitable_python_is_named_with_what_is_needed(bare: Path, tmp_path: Path) -> None:
    program(bare, "python3", 'if [ "$1" = -V ]; then echo Python 3.9.2; else exit 1; fi')
    done = run("install.sh", bare, str(tmp_path / "venv"), "requirements.lock")
    assert done.returncode == 1
    assert "needs Python 3.11 or 3.12" in done.stderr
    assert "python3: Python 3.9.2" in done.stderr


def test_no_python_at_all_is_said(bare: Path, tmp_path: Path) -> None:
    done = run("install.sh", bare, str(tmp_path / "venv"), "requirements.lock")
    assert done.returncode == 1
    assert "no Python at all" in done.stderr


def test_a_suitable_python_later_in_the_list_is_taken(bare: Path, tmp_path: Path) -> None:
    program(bare, "python3.12", "exit 127")
    program(bare, "python3.11", f'if [ "$1" = -m ]; then echo "venv $3" > {tmp_path}/made; exit 9; fi')
    done = run("install.sh", bare, str(tmp_path / "venv"), "requirements.lock")
    assert (tmp_path / "made").read_text() == f"venv {tmp_path / 'venv'}\n"
    assert "cannot make a virtual environment" in done.stderr


def test_without_node_the_page_is_left_out_and_it_is_said_once(bare: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    (copy / "deploy").mkdir(parents=True)
    (copy / "web").mkdir()
    shutil.copy2(ROOT / "deploy" / "web.sh", copy / "deploy" / "web.sh")
    done = subprocess.run(
        [str(copy / "deploy" / "web.sh")], env={"PATH": str(bare)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "Node is not here" in done.stderr
    assert len(done.stderr.splitlines()) == 1
