"""Accounts, users, tokens, sessions: no credential outlives its end."""

from __future__ import annotations

import pytest

from vedette.auth.passwords import password_matches
from vedette.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from vedette.store import accounts
from vedette.store.pool import Store

PASSWORD = "correct horse"


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


@pytest.fixture
def user(store: Store, account: int) -> int:
    return accounts.add_user(store, account, "Ada@Example.org ", PASSWORD, ["admin"])


def test_an_account_is_made_once(store: Store, account: int) -> None:
    assert accounts.ensure_account(store, "default") == account
    assert accounts.ensure_account(store, "other") != account
    assert accounts.account_name(store, account) == "default"
    with pytest.raises(NotFound):
        accounts.account_name(store, 99)


def test_a_user_is_found_by_the_address_in_any_case(store: Store, user: int) -> None:
    found = accounts.user_by_email(store, " ADA@example.ORG")
    assert found is not None
    assert (found.id, found.email, found.scopes) == (user, "ada@example.org", {"admin"})
    assert password_matches(found.password_hash, PASSWORD)
    assert accounts.user_by_email(store, "bob@example.org") is None


@pytest.mark.usefixtures("user")
def test_an_address_is_taken_once(store: Store, account: int) -> None:
    with pytest.raises(Conflict):
        accounts.add_user(store, account, "ada@example.org", PASSWORD, ["read"])


@pytest.mark.parametrize(
    ("email", "password", "scopes"),
    [
        ("nobody", PASSWORD, ["read"]),
        ("a@b\n", "short", ["read"]),
        ("a@b", PASSWORD, []),
        ("a@\0b", PASSWORD, ["read"]),
    ],
)
def test_a_user_with_a_bad_field_is_refused(
    store: Store, account: int, email: str, password: str, scopes: list[str]
) -> None:
    with pytest.raises(InvalidInput):
        accounts.add_user(store, account, email, password, scopes)
    assert accounts.users(store) == []


def test_another_password_ends_all_sessions(store: Store, user: int) -> None:
    session = accounts.start_session(store, user)
    accounts.set_password(store, "ADA@example.org", "another horse")
    found = accounts.user_by_email(store, "ada@example.org")
    assert found is not None
    assert password_matches(found.password_hash, "another horse")
    assert not password_matches(found.password_hash, PASSWORD)
    with pytest.raises(NotAuthenticated):
        accounts.rotate_session(store, session)
    with pytest.raises(NotFound):
        accounts.set_password(store, "bob@example.org", PASSWORD)


def test_an_api_token_says_what_it_may_do_until_it_is_revoked(store: Store, account: int) -> None:
    token = accounts.add_api_token(store, account, "agent", ["agent"], "web-1")
    principal = accounts.principal_of_api_token(store, token)
    assert (principal.account, principal.scopes, principal.subject) == (account, {"agent"}, "web-1")
    (listed,) = accounts.api_tokens(store, account)
    assert token not in str(listed)
    accounts.revoke_api_token(store, account, listed["id"])
    with pytest.raises(NotAuthenticated):
        accounts.principal_of_api_token(store, token)
    assert accounts.api_tokens(store, account) == []
    with pytest.raises(NotFound):
        accounts.revoke_api_token(store, account, listed["id"])


def test_the_secret_of_a_token_is_not_stored(store: Store, account: int) -> None:
    token = accounts.add_api_token(store, account, "agent", ["agent"])
    assert token not in str(store.rows("SELECT * FROM api_tokens"))
    with pytest.raises(NotAuthenticated):
        accounts.principal_of_api_token(store, token + "x")


def test_a_token_of_another_account_cannot_be_revoked(store: Store, account: int) -> None:
    token = accounts.add_api_token(store, account, "agent", ["agent"])
    number = accounts.api_tokens(store, account)[0]["id"]
    with pytest.raises(NotFound):
        accounts.revoke_api_token(store, accounts.ensure_account(store, "other"), number)
    accounts.principal_of_api_token(store, token)


def test_a_session_goes_on_by_a_new_token_each_time(store: Store, user: int) -> None:
    first = accounts.start_session(store, user)
    found, second = accounts.rotate_session(store, first)
    assert found.id == user
    _, third = accounts.rotate_session(store, second)
    assert len({first, second, third}) == 3


def test_a_token_that_is_used_again_ends_its_whole_family_and_no_other(store: Store, user: int) -> None:
    first, other = accounts.start_session(store, user), accounts.start_session(store, user)
    _, second = accounts.rotate_session(store, first)
    for token in (first, second):
        with pytest.raises(NotAuthenticated):
            accounts.rotate_session(store, token)
    accounts.rotate_session(store, other)


def test_a_session_that_was_ended_is_over(store: Store, user: int) -> None:
    token = accounts.start_session(store, user)
    accounts.end_session(store, "unknown")
    accounts.end_session(store, token)
    with pytest.raises(NotAuthenticated):
        accounts.rotate_session(store, token)


def test_a_session_that_has_expired_is_over(store: Store, user: int) -> None:
    token = accounts.start_session(store, user)
    store.execute("UPDATE refresh_tokens SET expires_at = now()")
    with pytest.raises(NotAuthenticated):
        accounts.rotate_session(store, token)
