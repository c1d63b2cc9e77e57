"""Passwords: argon2id, compared without telling who exists."""

from __future__ import annotations

import pytest

from vedette.auth.passwords import LONGEST, SHORTEST, hash_password, password_matches, random_password
from vedette.errors import InvalidInput


def test_the_right_password_matches_and_another_does_not() -> None:
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert password_matches(stored, "correct horse")
    assert not password_matches(stored, "correct horsE")
    assert not password_matches(stored, "")


def test_nobody_has_no_password() -> None:
    assert not password_matches(None, "nobody has this password")
    assert not password_matches(None, "another one")


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password("correct horse") != hash_password("correct horse")


@pytest.mark.parametrize("length", [0, SHORTEST - 1, LONGEST + 1])
def test_a_password_that_is_too_short_or_too_long_is_refused_without_being_shown(length: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        hash_password("p" * length)
    assert "pp" not in str(caught.value)
    assert f"{SHORTEST} to {LONGEST}" in caught.value.allowed


@pytest.mark.parametrize("length", [SHORTEST, LONGEST])
def test_a_password_at_its_limits_is_taken(length: int) -> None:
    assert password_matches(hash_password("p" * length), "p" * length)


def test_a_random_password_is_long_enough_and_new_each_time() -> None:
    assert len(random_password()) >= SHORTEST
    assert random_password() != random_password()
