"""`deploy/native.sh`: what it leaves where the quick TLS engine cannot be built. Cargo is one of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WORKS = (
    'while [ "$1" != --target-dir ]; do shift; done; mkdir -p "$2/release"; echo new > "$2/release/libvedette_tls.so"'
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with a space in its path, and an environment whose engine is older than its source."""
    tree = tmp_path / "a tree"
    for name in ("native/src", "deploy", "venv/bin", "site", "bin"):
        (tree / name).mkdir(parents=True)
    shutil.copy(ROOT / "deploy/native.sh", tree / "deploy")
    (tree / "native/Cargo.toml").touch()
    engine(tree).write_text("old")
    os.utime(engine(tree), (0, 0))
    script(tree / "venv/bin/python", f"echo '{tree / 'site'}'")
    script(tree / "bin/cc", "exit 0")
    return tree


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def engine(tree: Path) -> Path:
    return tree / "site/vedette_tls.abi3.so"


def build(tree: Path, cargo: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script(tree / "bin/cargo", cargo)
    variables = {"PATH": f"{tree / 'bin'}:{os.environ['PATH']}", **environment}
    return subprocess.run(
        [tree / "deploy/native.sh", "venv"], env=variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("target", [{}, {"CARGO_TARGET_DIR": "some where"}])
def test_an_engine_older_than_its_source_is_built_anew(tree: Path, target: dict[str, str]) -> None:
    assert build(tree, WORKS, **target).returncode == 0
    assert engine(tree).read_text() == "new\n"
    assert build(tree, "exit 1", CI="true").returncode == 0  # nothing is left to do


def test_where_it_does_not_build_no_older_one_stays(tree: Path) -> None:
    done = build(tree, "exit 101")
    assert (done.returncode, engine(tree).exists()) == (0, False)
    assert "OpenSSL alone" in done.stderr
    assert build(tree, "exit 101", CI="true").returncode == 1


def test_where_it_cannot_be_put_all_else_goes_on(tree: Path) -> None:
    engine(tree).unlink()
    (tree / "site").rmdir()
    done = build(tree, WORKS)
    assert done.returncode == 0
    assert "cannot be written" in done.stderr
