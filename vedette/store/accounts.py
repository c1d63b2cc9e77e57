"""Accounts, users and their credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from vedette.auth.passwords import hash_password
from vedette.auth.scopes import Principal, check_scopes
from vedette.auth.tokens import REFRESH_S, check_api_token, new_api_token, new_refresh_token, token_hash
from vedette.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from vedette.store.pool import Store


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: int
    account: int
    email: str
    password_hash: str
    scopes: frozenset[str]

    def principal(self) -> Principal:
        """The person as whoever makes a request."""
        return Principal(self.account, self.scopes, user=self.id, email=self.email)


_USER = "SELECT id, account_id, email, password_hash, scopes FROM users "


def _user(row: dict[str, Any] | None) -> User | None:
    if row is None:
        return None
    return User(row["id"], row["account_id"], row["email"], row["password_hash"], frozenset(row["scopes"]))


def ensure_account(store: Store, name: str) -> int:
    """The account's number; it is made if there is none of that name."""
    store.execute("INSERT INTO accounts (name) VALUES (%s) ON CONFLICT DO NOTHING", name)
    row = store.row("SELECT id FROM accounts WHERE name = %s", name)
    assert row is not None
    return int(row["id"])


def account_name(store: Store, account: int) -> str:
    """The account's name."""
    row = store.row("SELECT name FROM accounts WHERE id = %s", account)
    if row is None:
        raise NotFound(f"account {account} does not exist")
    return str(row["name"])


def add_user(store: Store, account: int, email: str, password: str, scopes: list[str]) -> int:
    """Make a user; `Conflict` if the address is taken."""
    email = email.strip().lower()
    if "@" not in email or len(email) > 254 or not email.isprintable():
        raise InvalidInput("email", email, "an e-mail address")
    row = store.row(
        "INSERT INTO users (account_id, email, password_hash, scopes) VALUES (%s, %s, %s, %s) RETURNING id",
        account,
        email,
        hash_password(password),
        check_scopes(scopes),
    )
    assert row is not None
    return int(row["id"])


def set_password(store: Store, email: str, password: str) -> None:
    """Give a user another password, and end all of their sessions."""
    row = store.row(
        "UPDATE users SET password_hash = %s WHERE email = lower(%s) RETURNING id", hash_password(password), email
    )
    if row is None:
        raise NotFound(f"there is no user {email!r}")
    store.execute("UPDATE refresh_tokens SET revoked_at = now() WHERE user_id = %s", row["id"])


def users(store: Store) -> list[User]:
    """All users."""
    return [user for row in store.rows(_USER + "ORDER BY id") if (user := _user(row)) is not None]


def user_by_email(store: Store, email: str) -> User | None:
    """The user with that address, or None."""
    return _user(store.row(_USER + "WHERE email = lower(%s)", email.strip()))


def add_api_token(store: Store, account: int, name: str, scopes: list[str], subject: str | None = None) -> str:
    """Make an API token; the only time that its secret is seen."""
    token = new_api_token()
    store.execute(
        "INSERT INTO api_tokens (account_id, name, token_hash, scopes, subject) VALUES (%s, %s, %s, %s, %s)",
        account,
        name,
        token_hash(token),
        check_scopes(scopes),
        subject,
    )
    return token


def keep_api_token(
    store: Store, account: int, name: str, token: str, scopes: list[str], subject: str | None = None
) -> bool:
    """Let a given API token be the one of that name: another of the same name ends. May be called again and again.

    False if it was revoked before: it stays so. Raises `InvalidInput` if it is no token, `Conflict` if it is
    another account's.
    """
    check_api_token(token)
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO api_tokens (account_id, name, token_hash, scopes, subject) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (token_hash) DO UPDATE SET name = excluded.name, scopes = excluded.scopes,"
            " subject = excluded.subject WHERE api_tokens.account_id = excluded.account_id",
            (account, name, token_hash(token), check_scopes(scopes), subject),
        )
        connection.execute(
            "UPDATE api_tokens SET revoked_at = now()"
            " WHERE account_id = %s AND name = %s AND token_hash <> %s AND revoked_at IS NULL",
            (account, name, token_hash(token)),
        )
        row = connection.execute(
            "SELECT revoked_at IS NULL AS lives FROM api_tokens WHERE account_id = %s AND token_hash = %s",
            (account, token_hash(token)),
        ).fetchone()
    if row is None:
        raise Conflict(f"the token for {name!r} is another account's")
    return bool(row["lives"])


def api_tokens(store: Store, account: int) -> list[dict[str, Any]]:
    """The account's tokens that are not revoked, without secrets."""
    return store.rows(
        "SELECT id, name, scopes, subject, created_at FROM api_tokens"
        " WHERE account_id = %s AND revoked_at IS NULL ORDER BY id",
        account,
    )


def revoke_api_token(store: Store, account: int, token: int) -> None:
    """End a token; `NotFound` if it is not the account's."""
    changed = store.execute(
        "UPDATE api_tokens SET revoked_at = now() WHERE id = %s AND account_id = %s AND revoked_at IS NULL",
        token,
        account,
    )
    if not changed:
        raise NotFound(f"token {token} does not exist")


def principal_of_api_token(store: Store, token: str) -> Principal:
    """Who an API token is for; `NotAuthenticated` if it is unknown or revoked."""
    row = store.row(
        "SELECT id, account_id, scopes, subject FROM api_tokens WHERE token_hash = %s AND revoked_at IS NULL",
        token_hash(token),
    )
    if row is None:
        raise NotAuthenticated("the API token is not valid")
    return Principal(row["account_id"], frozenset(row["scopes"]), token=row["id"], subject=row["subject"])


def start_session(store: Store, user: int, family: UUID | None = None) -> str:
    """A refresh token for a user; one that follows another belongs to its family."""
    token = new_refresh_token()
    store.execute(
        "INSERT INTO refresh_tokens (token_hash, user_id, family, expires_at)"
        " VALUES (%s, %s, %s, now() + make_interval(secs => %s))",
        token_hash(token),
        user,
        family or uuid4(),
        REFRESH_S,
    )
    return token


def rotate_session(store: Store, token: str) -> tuple[User, str]:
    """The user of a refresh token, and the token that replaces it.

    A token that was used before is a sign of theft: its whole family ends (RFC 9700, section 4.14.2).
    """
    row = store.row(
        "UPDATE refresh_tokens SET used_at = now() WHERE token_hash = %s AND used_at IS NULL"
        " AND revoked_at IS NULL AND expires_at > now() RETURNING user_id, family",
        token_hash(token),
    )
    if row is None:
        end_session(store, token)
        raise NotAuthenticated("the session is over; sign in again")
    user = _user(store.row(_USER + "WHERE id = %s", row["user_id"]))
    assert user is not None
    return user, start_session(store, user.id, row["family"])


def end_session(store: Store, token: str) -> None:
    """End the whole family of a refresh token; nothing happens if it is unknown."""
    store.execute(
        "UPDATE refresh_tokens SET revoked_at = now() WHERE revoked_at IS NULL"
        " AND family = (SELECT family FROM refresh_tokens WHERE token_hash = %s)",
        token_hash(token),
    )
