"""The database's address: what every connection gets, and what people see."""

from __future__ import annotations

import pytest

from vedette.errors import ConfigurationError
from vedette.store.address import conninfo, parameters, place, without_password


def test_a_dead_peer_is_noticed_by_default_and_as_given_otherwise() -> None:
    found = parameters("postgresql://h/db?tcp_user_timeout=7&connect_timeout=2")
    assert (found["tcp_user_timeout"], found["connect_timeout"]) == ("7", "2")
    assert (found["keepalives_idle"], found["keepalives_interval"], found["keepalives_count"]) == (10, 5, 3)
    assert "connect_timeout=5" in conninfo("postgresql://h/db")


@pytest.mark.parametrize(
    ("dsn", "wanted"),
    [
        ("postgresql://h/db", None),
        ("postgresql://a,b/db", "read-write"),
        ("postgresql://a:1,b:2/db?target_session_attrs=any", "any"),
    ],
)
def test_of_several_hosts_the_one_that_takes_writes_is_meant(dsn: str, wanted: str | None) -> None:
    assert parameters(dsn).get("target_session_attrs") == wanted


@pytest.mark.parametrize(
    ("dsn", "seen"),
    [
        ("postgresql://ada:geheim@db.example/vedette", "ada@db.example:5432/vedette"),
        ("postgresql://ada:geheim@a:1,b:2/vedette", "ada@a:1,b:2/vedette"),
        ("postgresql://a,b/vedette?port=7", "a:7,b:7/vedette"),
        ("postgresql://postgres@/db?host=%2Frun%2Fpg", "postgres@/run/pg/db"),
        ("postgresql://ada@h", "ada@h:5432/ada"),
    ],
)
def test_people_see_where_it_is_and_never_the_password(dsn: str, seen: str) -> None:
    assert place(dsn) == seen


def test_the_password_is_taken_out_of_what_others_say() -> None:
    assert without_password("x geheim y", "postgresql://a:geheim@h/db") == "x *** y"
    assert without_password("x", "postgresql://h/db") == "x"


@pytest.mark.parametrize("dsn", ["mysql://a:geheim@h/db", "host=h password=geheim", "postgresql://a:%geheim@h/db"])
def test_what_is_no_address_is_refused_unseen(dsn: str) -> None:
    with pytest.raises(ConfigurationError, match="VEDETTE_DSN") as caught:
        parameters(dsn)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
