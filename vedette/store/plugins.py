"""Plugin code: what an account has signed for its hosts, and the key by which they judge it."""

from __future__ import annotations

from typing import Any

from vedette.errors import NotFound
from vedette.events.plugins import PluginCode
from vedette.store.pool import Store

_LISTED = (
    "name, sha256, notes, octet_length(source) AS bytes, (extract(epoch FROM updated_at) * 1000)::bigint AS updated_ms"
)


def public_key(store: Store, account: int) -> str | None:
    """The account's public key in base64; None if it has none."""
    row = store.row("SELECT plugin_key FROM accounts WHERE id = %s", account)
    return None if row is None else row["plugin_key"]


def set_public_key(store: Store, account: int, key: str) -> None:
    """Take another key. Hosts that are enrolled keep theirs until they are enrolled anew."""
    store.execute("UPDATE accounts SET plugin_key = %s WHERE id = %s", key, account)


def put(store: Store, account: int, name: str, code: PluginCode, notes: str) -> None:
    """Keep code under a name, in place of what was there."""
    store.execute(
        "INSERT INTO plugins (account_id, name, source, sha256, signature, notes) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (account_id, name) DO UPDATE SET source = excluded.source, sha256 = excluded.sha256,"
        " signature = excluded.signature, notes = excluded.notes, updated_at = now()",
        account,
        name,
        code.source,
        code.sha256,
        code.signature,
        notes,
    )


def listed(store: Store, account: int) -> list[dict[str, Any]]:
    """What there is, by name, without the code."""
    return store.rows(f"SELECT {_LISTED} FROM plugins WHERE account_id = %s ORDER BY name", account)  # noqa: S608 - a constant


def get(store: Store, account: int, name: str) -> dict[str, Any]:
    """One plugin with its code; `NotFound` if there is none."""
    row = store.row(
        f"SELECT {_LISTED}, source, signature FROM plugins WHERE account_id = %s AND name = %s",  # noqa: S608 - a constant
        account,
        name,
    )
    if row is None:
        raise NotFound(f"plugin {name!r} does not exist")
    return row


def code_of(store: Store, account: int, name: str) -> PluginCode | None:
    """The signed code under a name, as it is delivered to hosts; None if there is none."""
    row = store.row("SELECT source, sha256, signature FROM plugins WHERE account_id = %s AND name = %s", account, name)
    return None if row is None else PluginCode(row["source"], row["sha256"], row["signature"])


def with_code(store: Store, account: int, specs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Plugin specs as hosts get them: each whose plugin's code the account has signed, with that code."""
    names = sorted({spec["plugin"] for spec in specs if "plugin" in spec})
    if not names:
        return specs
    rows = store.rows(
        "SELECT name, source, sha256, signature FROM plugins WHERE account_id = %s AND name = ANY(%s)", account, names
    )
    codes = {row.pop("name"): row for row in rows}
    return [{**spec, "code": codes[spec["plugin"]]} if spec.get("plugin") in codes else spec for spec in specs]


def remove(store: Store, account: int, name: str) -> None:
    """Forget code. Hosts stop running it with their next configuration."""
    if not store.execute("DELETE FROM plugins WHERE account_id = %s AND name = %s", account, name):
        raise NotFound(f"plugin {name!r} does not exist")
