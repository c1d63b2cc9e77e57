"""Tokens that are given: valid however often they are given again, ended when another takes their name."""

from __future__ import annotations

import pytest

from vedette.auth.tokens import new_api_token
from vedette.errors import Conflict, InvalidInput, NotAuthenticated
from vedette.store import accounts
from vedette.store.pool import Store


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


def test_a_given_token_is_valid_and_is_made_once(store: Store, account: int) -> None:
    token = new_api_token()
    for _ in range(2):
        assert accounts.keep_api_token(store, account, "agent", token, ["agent"], "web-1")
    principal = accounts.principal_of_api_token(store, token)
    assert (principal.subject, principal.scopes) == ("web-1", {"agent"})
    assert len(accounts.api_tokens(store, account)) == 1


def test_a_host_that_is_renamed_keeps_its_token(store: Store, account: int) -> None:
    token = new_api_token()
    accounts.keep_api_token(store, account, "agent", token, ["agent"], "before")
    accounts.keep_api_token(store, account, "agent", token, ["agent"], "after")
    assert accounts.principal_of_api_token(store, token).subject == "after"


def test_another_token_of_the_same_name_ends_the_first(store: Store, account: int) -> None:
    first, second = new_api_token(), new_api_token()
    accounts.keep_api_token(store, account, "probe", first, ["probe"])
    accounts.keep_api_token(store, account, "probe", second, ["probe"])
    with pytest.raises(NotAuthenticated):
        accounts.principal_of_api_token(store, first)
    assert accounts.principal_of_api_token(store, second).account == account


def test_a_token_of_another_name_stays(store: Store, account: int) -> None:
    north, south = new_api_token(), new_api_token()
    accounts.keep_api_token(store, account, "north", north, ["probe"])
    accounts.keep_api_token(store, account, "south", south, ["probe"])
    assert accounts.principal_of_api_token(store, north).account == account


def test_a_revoked_token_stays_revoked(store: Store, account: int) -> None:
    token = new_api_token()
    accounts.keep_api_token(store, account, "cli", token, ["admin"])
    accounts.revoke_api_token(store, account, accounts.api_tokens(store, account)[0]["id"])
    assert not accounts.keep_api_token(store, account, "cli", token, ["admin"])
    with pytest.raises(NotAuthenticated):
        accounts.principal_of_api_token(store, token)


def test_another_account_s_token_is_refused(store: Store, account: int) -> None:
    token = new_api_token()
    accounts.keep_api_token(store, account, "cli", token, ["admin"])
    other = accounts.ensure_account(store, "other")
    with pytest.raises(Conflict):
        accounts.keep_api_token(store, other, "cli", token, ["admin"])
    assert accounts.principal_of_api_token(store, token).account == account


@pytest.mark.parametrize("token", ["", "vdt_", "vdt_short", "x" * 40, "vdt_" + "ä" * 30])
def test_what_is_no_token_is_refused_and_not_shown(store: Store, account: int, token: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        accounts.keep_api_token(store, account, "cli", token, ["admin"])
    assert not token or repr(token) not in str(refused.value)
