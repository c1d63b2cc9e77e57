"""The house's conventions, as far as a machine can check them."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("vedette", "sinks", "alerting", "dataflows", "ingest_api", "agent", "probes", "launch")
DISTRIBUTIONS = {"vedette_client"}  # below a folder of their own, which is no package
MOST_LINES = 300
VAGUE = {"utils", "util", "common", "helpers", "helper", "misc", "manager"}
# Written so that this file does not name one itself.
REGISTRIES = re.compile(
    r"python[h]osted\.org|py[p]i\.org|npm[j]s\.(org|com)|repo1?\.ma[v]en|proxy\.go[l]ang|deb\.de[b]ian"
)


def tracked() -> list[Path]:
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


FILES = tracked()
SOURCES = [path for path in FILES if path.suffix in {".py", ".ts", ".mjs", ".sql", ".css", ".sh"}]
MODULES = [path for path in FILES if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {*ROOMS, "client"}]


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 100
    assert len(MODULES) > 50


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_three_hundred_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_is_vague(path: Path) -> None:
    assert not VAGUE & {part.removesuffix(path.suffix) for part in path.relative_to(ROOT).parts}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_happens_at_import(path: Path) -> None:
    """No module reads the environment, opens a file or connects while it is imported."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr):
            for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
                name = ast.unparse(call.func)
                assert not re.search(r"environ|getenv|\bopen\b|connect|Popen|socket\.", name), name


def test_every_top_level_package_is_a_room_of_the_linter() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert set(settings["importlinter"]["root_packages"]) == set(ROOMS) | DISTRIBUTIONS
    assert set(settings["mypy"]["packages"]) == set(ROOMS) | DISTRIBUTIONS
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests"} == set(ROOMS)


def test_every_lint_exception_in_the_code_carries_its_reason() -> None:
    for path in MODULES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = re.search(r"#\s*noqa: [A-Z0-9, ]+(?P<rest>.*)", line)
            if match is not None:
                assert match["rest"].strip(), f"{path.relative_to(ROOT)}:{number}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_names_a_registry_or_this_machine(path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    assert REGISTRIES.search(text) is None
    assert f"{ROOT}/" not in text


def test_locks_name_versions_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert len(lines) > 40
        for line in lines:
            assert re.fullmatch(r"[a-z0-9._\-]+==[\w.+!]+( ; .+)?", line), line


def test_the_page_s_lock_has_no_addresses() -> None:
    assert '"resolved"' not in (ROOT / "web" / "package-lock.json").read_text(encoding="utf-8")


def test_ci_calls_make_test() -> None:
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
