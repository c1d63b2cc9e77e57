"""The secrets' script: whole files that only their owner reads, made once."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from vedette.auth.tokens import check_api_token

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "deploy" / "docker" / "secrets.sh"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path)
    return tmp_path / "secrets"


def make(root: Path) -> None:
    env = {**os.environ, "VEDETTE_SECRETS": str(root / "secrets"), "VEDETTE_ENV": str(root / "settings")}
    subprocess.run([str(SCRIPT)], env=env, check=True, capture_output=True)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_each_secret_that_compose_names_is_there_and_nothing_else(folder: Path) -> None:
    compose = (ROOT / "deploy" / "compose.yaml").read_text()
    assert set(contents(folder)) == set(re.findall(r"\$\{VEDETTE_SECRETS:-secrets\}/(\w+)", compose))


def test_nobody_but_the_owner_may_read_them(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_containers_run_as_the_owner_and_never_as_root(folder: Path) -> None:
    settings = dict(line.split("=") for line in (folder.parent / "settings").read_text().splitlines())
    uid, gid = (int(part) for part in settings["VEDETTE_USER"].split(":"))
    assert {(path.stat().st_uid, path.stat().st_gid) for path in folder.iterdir()} == {(uid, gid)}
    assert uid != 0


def test_tokens_are_tokens_and_all_secrets_differ(folder: Path) -> None:
    found = contents(folder)
    for name, text in found.items():
        if name.endswith("_token"):
            check_api_token(text)
    assert len(set(found.values())) == len(found)
    assert f":{found['postgres_password']}@" in found["dsn"]


def test_a_second_run_keeps_what_is_there_and_makes_what_is_missing(folder: Path) -> None:
    before = contents(folder)
    (folder / "agent_token").unlink()
    (folder.parent / "settings").write_text("VEDETTE_USER=7:7\n")
    make(folder.parent)
    after = contents(folder)
    assert {name for name in after if after[name] != before[name]} == {"agent_token"}
    assert (folder.parent / "settings").read_text() == "VEDETTE_USER=7:7\n"


def test_two_installations_share_no_secret(folder: Path, tmp_path: Path) -> None:
    make(tmp_path / "other")
    assert not set(contents(folder).values()) & set(contents(tmp_path / "other" / "secrets").values())
