"""PostgreSQL's errors become ours: for each that there is it is said what it means."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.errors import lookup

from vedette.errors import Conflict, InvalidInput, StoreRefused, StoreUnavailable, Unavailable
from vedette.store.failures import MEANINGS, Meaning, meaning, ours

DSN = "postgresql://ada:geheim@db.example:5433/vedette"
STATES = sorted(
    code for code in vars(psycopg.errors)["_sqlcodes"] if len(code) == 5 and (code.isupper() or code.isdigit())
)


def test_the_list_of_states_is_that_of_postgresql() -> None:
    assert len(STATES) > 240
    assert {"57P01", "25006", "53100", "40P01"} <= set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_every_state_that_psycopg_knows_has_a_meaning(state: str) -> None:
    assert state in MEANINGS or state[:2] in MEANINGS
    error = lookup(state)()
    found = ours(error, DSN)
    assert (found is None) is (meaning(error) is Meaning.MISTAKE)


@pytest.mark.parametrize("key", MEANINGS)
def test_no_entry_is_for_a_state_that_does_not_exist(key: str) -> None:
    assert any(state == key or state[:2] == key for state in STATES)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("57P01", StoreUnavailable),  # admin shutdown
        ("57P02", StoreUnavailable),  # crash of another process
        ("57P03", StoreUnavailable),  # starting up, crash recovery
        ("57014", StoreUnavailable),  # the time limit
        ("53100", StoreUnavailable),  # disk full
        ("53200", StoreUnavailable),  # out of memory
        ("53300", StoreUnavailable),  # too many connections
        ("25006", StoreUnavailable),  # read-only standby
        ("40001", StoreUnavailable),
        ("40P01", StoreUnavailable),  # deadlock
        ("55P03", StoreUnavailable),  # lock not available
        ("08006", StoreUnavailable),
        ("58030", StoreUnavailable),  # input/output error
        ("XX000", StoreUnavailable),  # a relation that has gone meanwhile: a dropped chunk
        ("28P01", StoreRefused),
        ("3D000", StoreRefused),
        ("42501", StoreRefused),
        ("23505", Conflict),
        ("22003", InvalidInput),
        ("54000", InvalidInput),
    ],
)
def test_what_can_be_tried_again_is_unavailable_and_what_cannot_is_not(state: str, kind: type[Exception]) -> None:
    found = ours(lookup(state)("x"), DSN)
    assert type(found) is kind
    assert isinstance(found, Unavailable) is (kind is StoreUnavailable)


@pytest.mark.parametrize("state", ["42P01", "42601", "23502", "0A000", "25001", "XX001"])
def test_a_mistake_of_ours_stays_what_it_is(state: str) -> None:
    assert ours(lookup(state)(), DSN) is None


def failed(words: str) -> psycopg.OperationalError:
    return psycopg.OperationalError(f'connection failed: connection to server at "10.0.0.1", port 5433 failed: {words}')


@pytest.mark.parametrize(
    "words",
    [
        'FATAL:  password authentication failed for user "ada"',
        "fe_sendauth: no password supplied",
        'FATAL:  role "ada" does not exist',
        'FATAL:  database "vedette" does not exist',
        'FATAL:  no pg_hba.conf entry for host "10.0.0.2", user "ada", database "vedette", no encryption',
        "server does not support SSL, but SSL was required",
    ],
)
def test_a_server_that_does_not_let_us_in_refuses(words: str) -> None:
    found = ours(failed(words), DSN)
    assert type(found) is StoreRefused
    assert "ada@db.example:5433/vedette" in str(found)
    assert "VEDETTE_DSN" in str(found)


@pytest.mark.parametrize(
    "words",
    [
        "Connection refused\n\tIs the server running on that host?",
        "FATAL:  sorry, too many clients already",
        'FATAL:  too many connections for role "ada"',
        'FATAL:  too many connections for database "vedette"',
        "FATAL:  the database system is starting up",
        "FATAL:  the database system is in recovery mode",
        "session is read-only",
        "server closed the connection unexpectedly",
    ],
)
def test_a_server_that_is_away_or_busy_is_waited_for(words: str) -> None:
    assert type(ours(failed(words), DSN)) is StoreUnavailable


def test_of_several_hosts_all_must_refuse() -> None:
    refused = (
        'connection failed: connection to server at "a" failed: FATAL:  password authentication failed for user "u"'
    )
    away = 'connection failed: connection to server at "b" failed: Connection refused'
    head = "\nMultiple connection attempts failed. All failures were:\n"
    both = psycopg.OperationalError(f"{refused}{head}- host: 'a': {refused}\n- host: 'b': {refused}")
    one = psycopg.OperationalError(f"{refused}{head}- host: 'a': {away}\n- host: 'b': {refused}")
    assert type(ours(both, DSN)) is StoreRefused
    assert type(ours(one, DSN)) is StoreUnavailable


@pytest.mark.parametrize("words", ["FATAL: geheim is wrong", 'FATAL:  password authentication failed for "geheim"'])
def test_the_password_is_never_shown(words: str) -> None:
    assert "geheim" not in str(ours(failed(words), DSN))
