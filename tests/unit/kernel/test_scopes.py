"""Scopes: what a credential may do, and for whom."""

from __future__ import annotations

import pytest

from vedette.auth.scopes import SCOPES, Principal, Scope, check_scopes
from vedette.errors import InvalidInput, NotAllowed

IMPLIED: dict[str, set[str]] = {
    "ingest": {"ingest"},
    "agent": {"agent", "ingest"},
    "probe": {"probe", "ingest"},
    "read": {"read"},
    "respond": {"respond", "read"},
    "admin": set(SCOPES),
}


@pytest.mark.parametrize("mine", SCOPES)
@pytest.mark.parametrize("needed", SCOPES)
def test_a_scope_allows_itself_and_what_it_implies_and_nothing_else(mine: Scope, needed: Scope) -> None:
    principal = Principal(1, frozenset({mine}))
    if needed in IMPLIED[mine]:
        principal.need(needed)
    else:
        with pytest.raises(NotAllowed, match=f"needs the scope '{needed}'.*has: {mine}"):
            principal.need(needed)


def test_no_scope_allows_nothing() -> None:
    with pytest.raises(NotAllowed, match="has: none"):
        Principal(1, frozenset()).need("read")


def test_a_bound_credential_may_report_for_its_subject_only() -> None:
    bound = Principal(1, frozenset({"agent"}), subject="web-1")
    bound.need_subject("source", "web-1")
    with pytest.raises(NotAllowed, match="'web-1', not 'web-2'"):
        bound.need_subject("source", "web-2")
    Principal(1, frozenset({"agent"})).need_subject("source", "web-2")


def test_scopes_come_back_sorted_and_once() -> None:
    assert check_scopes(["read", "ingest", "read"]) == ["ingest", "read"]


@pytest.mark.parametrize("bad", [[], ["root"], ["read", "Read"]])
def test_a_scope_that_does_not_exist_or_none_at_all_is_refused(bad: list[str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_scopes(bad)
    assert caught.value.field == "scopes"
    assert "admin" in caught.value.allowed
