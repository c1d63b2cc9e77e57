"""Passwords: argon2id hashes."""

from __future__ import annotations

import secrets

import argon2

from vedette.errors import InvalidInput

SHORTEST, LONGEST = 10, 1024
_hasher = argon2.PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2id hash; `InvalidInput` for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput("password", "*" * min(len(password), 3), f"{SHORTEST} to {LONGEST} characters")
    return _hasher.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether `password` has the hash `stored`. Takes as long for None, so that timing does not tell who exists."""
    try:
        return _hasher.verify(_NOBODY if stored is None else stored, password[:LONGEST]) and stored is not None
    except argon2.exceptions.VerifyMismatchError:
        return False


def random_password() -> str:
    """A password nobody can guess: 120 random bits."""
    return secrets.token_urlsafe(15)
