"""Tokens: signed, limited in time, of no use once changed; keys that nobody else can read."""

from __future__ import annotations

import base64
import json
import multiprocessing
import stat
from pathlib import Path

import jwt
import pytest

from vedette.auth.scopes import Principal
from vedette.auth.tokens import (
    ACCESS_S,
    access_token,
    load_key,
    new_api_token,
    new_refresh_token,
    read_access_token,
    token_hash,
)
from vedette.errors import ConfigurationError, NotAuthenticated

KEY, NOW = bytes(range(32)), 1_700_000_000
ADA = Principal(3, frozenset({"read", "ingest"}), user=7, email="ada@example.org")


def test_a_token_says_who_it_is_for() -> None:
    found = read_access_token(access_token(ADA, KEY, NOW), KEY, NOW)
    assert (found.account, found.scopes, found.user, found.email) == (3, ADA.scopes, 7, "ada@example.org")
    assert found.expires_s == NOW + ACCESS_S


def test_a_token_is_good_until_its_last_second_and_not_after() -> None:
    token = access_token(ADA, KEY, NOW)
    read_access_token(token, KEY, NOW + ACCESS_S - 1)
    with pytest.raises(NotAuthenticated, match="expired"):
        read_access_token(token, KEY, NOW + ACCESS_S)


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(NotAuthenticated, match="not valid"):
        read_access_token(access_token(ADA, KEY[::-1], NOW), KEY, NOW)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_that_was_changed_is_refused(part: int) -> None:
    parts = access_token(ADA, KEY, NOW).split(".")
    middle = len(parts[part]) // 2
    flipped = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + flipped + parts[part][middle + 1 :]
    with pytest.raises(NotAuthenticated):
        read_access_token(".".join(parts), KEY, NOW)


def test_more_scopes_cannot_be_written_into_a_token() -> None:
    head, body, signature = access_token(ADA, KEY, NOW).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["scopes"] = ["admin"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    with pytest.raises(NotAuthenticated):
        read_access_token(f"{head}.{forged}.{signature}", KEY, NOW)


def test_an_unsigned_token_is_refused() -> None:
    claims = {"sub": "7", "acc": 3, "exp": NOW + 100, "scopes": ["admin"], "email": "x"}
    with pytest.raises(NotAuthenticated):
        read_access_token(jwt.encode(claims, None, algorithm="none"), KEY, NOW)


@pytest.mark.parametrize("missing", ["sub", "acc", "exp", "scopes", "email"])
def test_a_token_that_lacks_a_claim_is_refused(missing: str) -> None:
    claims = {"sub": "7", "acc": 3, "exp": NOW + 100, "scopes": ["read"], "email": "x"}
    read_access_token(jwt.encode(claims, KEY, algorithm="HS256"), KEY, NOW)
    del claims[missing]
    with pytest.raises(NotAuthenticated):
        read_access_token(jwt.encode(claims, KEY, algorithm="HS256"), KEY, NOW)


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.b.c", "ä.ö.ü", "\0"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(NotAuthenticated):
        read_access_token(text, KEY, NOW)


def test_random_tokens_are_new_each_time_and_stored_as_hashes() -> None:
    assert new_api_token().startswith("vdt_")
    assert new_api_token() != new_api_token()
    assert new_refresh_token() != new_refresh_token()
    assert len(token_hash("vdt_x")) == 32
    assert token_hash("vdt_x") != token_hash("vdt_y")


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    key = load_key(folder)
    assert load_key(folder) == key
    assert stat.S_IMODE((folder / "access.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["access.key"]
    assert load_key(tmp_path / "others") != key


def test_a_key_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "access.key").write_bytes(b"short")
    with pytest.raises(ConfigurationError, match="32 bytes"):
        load_key(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="VEDETTE_KEY_DIR"):
        load_key(tmp_path / "file" / "keys")


def _load(folder: str, barrier: object, found: multiprocessing.Queue[bytes]) -> None:
    barrier.wait(30)  # type: ignore[attr-defined]
    found.put(load_key(Path(folder)))


def test_two_processes_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, found = context.Barrier(2), context.Queue()
    processes = [context.Process(target=_load, args=(str(tmp_path / "k"), barrier, found)) for _ in range(2)]
    for process in processes:
        process.start()
    keys = {found.get(timeout=60) for _ in processes}
    for process in processes:
        process.join(60)
    assert keys == {load_key(tmp_path / "k")}
    assert [path.name for path in (tmp_path / "k").iterdir()] == ["access.key"]
