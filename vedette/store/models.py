"""Models: their versions, and the references that their windows are compared with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from vedette.errors import NotFound
from vedette.store.pool import Connection, Jsonb, Store

MODEL = "id, name, config, (extract(epoch FROM created_at) * 1000)::bigint AS created_ms"


def add(store: Store, account: int, name: str, config: dict[str, Any]) -> int:
    """Register a model; `Conflict` if the account has one of that name."""
    row = store.row(
        "INSERT INTO models (account_id, name, config) VALUES (%s, %s, %s) RETURNING id", account, name, Jsonb(config)
    )
    assert row is not None
    return int(row["id"])


def configure(store: Store, account: int, model: int, config: dict[str, Any]) -> None:
    """Make and judge its windows otherwise from now on."""
    if not store.execute(
        "UPDATE models SET config = %s WHERE id = %s AND account_id = %s", Jsonb(config), model, account
    ):
        raise NotFound(f"model {model} does not exist")


def remove(store: Store, account: int, model: int) -> None:
    """Remove a model with its references and all that was found."""
    if not store.execute("DELETE FROM models WHERE id = %s AND account_id = %s", model, account):
        raise NotFound(f"model {model} does not exist")


def of_account(store: Store, account: int) -> list[dict[str, Any]]:
    """The account's models, by name."""
    return store.rows(f"SELECT {MODEL} FROM models WHERE account_id = %s ORDER BY name", account)  # noqa: S608 - a constant


def get(store: Store, account: int, model: int) -> dict[str, Any]:
    """One of them, with its versions; `NotFound` if the account has no such one."""
    row = store.row(f"SELECT {MODEL} FROM models WHERE id = %s AND account_id = %s", model, account)  # noqa: S608 - a constant
    if row is None:
        raise NotFound(f"model {model} does not exist")
    versions = store.rows(
        "SELECT version, stage, (extract(epoch FROM created_at) * 1000)::bigint AS created_ms FROM model_versions"
        " WHERE model_id = %s ORDER BY created_at, version",
        model,
    )
    return {**row, "versions": versions}


def ids(store: Store, account: int) -> dict[str, int]:
    """The numbers of the account's models, by name."""
    rows = store.rows("SELECT id, name FROM models WHERE account_id = %s", account)
    return {row["name"]: row["id"] for row in rows}


def set_stage(store: Store, model: int, version: str, stage: str) -> None:
    """Make a version, or change its stage."""
    store.execute(
        "INSERT INTO model_versions (model_id, version, stage) VALUES (%s, %s, %s)"
        " ON CONFLICT (model_id, version) DO UPDATE SET stage = excluded.stage",
        model,
        version,
        stage,
    )


def add_reference(
    store: Store,
    model: int,
    version: str,
    rows: int,
    profiles: list[dict[str, Any]],
    about: dict[str, Any] | None = None,
    segments: dict[str, Any] | None = None,
    sample: tuple[int, bytes] | None = None,
) -> int:
    """Keep a reference: what comes from now on is compared with it. An empty version stands for all others. `about` is
    the profile of its data, `segments` are what `Segments.to_dict` gives, and a `sample` is how many of its rows
    there are, and these."""
    parts = (None if about is None else Jsonb(about), None if segments is None else Jsonb(segments))
    with store.transaction() as connection:
        row = connection.execute(
            "INSERT INTO model_references (model_id, version, rows, profiles, about, segments)"
            " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
            (model, version, rows, Jsonb(profiles), *parts),
        ).fetchone()
        assert row is not None
        if sample is not None:
            connection.execute("INSERT INTO reference_samples VALUES (%s, %s, %s)", (row["id"], *sample))
    return int(row["id"])


def references(store: Store, model: int) -> list[dict[str, Any]]:
    """A model's references, the newest first, without their profiles."""
    return store.rows(
        "SELECT id, version, rows, jsonb_array_length(profiles) AS features, segments - 'counts' AS segments,"
        " (extract(epoch FROM created_at) * 1000)::bigint AS created_ms"
        " FROM model_references WHERE model_id = %s ORDER BY id DESC",
        model,
    )


def reference(store: Store, account: int, reference_id: int) -> dict[str, Any]:
    """One reference with its profiles; `NotFound` if the account has no such one."""
    row = store.row(
        "SELECT r.id, r.model_id AS model, r.version, r.rows, r.profiles, r.segments,"
        " (extract(epoch FROM r.created_at) * 1000)::bigint AS created_ms"
        " FROM model_references r JOIN models m ON m.id = r.model_id WHERE r.id = %s AND m.account_id = %s",
        reference_id,
        account,
    )
    if row is None:
        raise NotFound(f"reference {reference_id} does not exist")
    return row


def still_there(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Those of these models that there are; they stay as long as the transaction lasts."""
    rows = connection.execute("SELECT id FROM models WHERE id = ANY(%s) FOR SHARE", (list(numbers),))
    return {row["id"] for row in rows}


def data_profile(store: Store, account: int, reference_id: int) -> dict[str, Any]:
    """What the data of a reference look like; `NotFound` if the account has none such, or there was no profile yet."""
    row = store.row(
        "SELECT r.id AS reference, r.model_id AS model, m.name, r.version, r.rows, r.about,"
        " (extract(epoch FROM r.created_at) * 1000)::bigint AS created_ms"
        " FROM model_references r JOIN models m ON m.id = r.model_id WHERE r.id = %s AND m.account_id = %s",
        reference_id,
        account,
    )
    if row is None:
        raise NotFound(f"reference {reference_id} does not exist")
    if row["about"] is None:
        raise NotFound(f"reference {reference_id} is from before there were data profiles")
    return {**row.pop("about"), **row}


@dataclass(frozen=True, slots=True)
class Watched:
    """A model as the drift flow knows it: `newest` is the number of the newest reference by version."""

    model: int
    account: int
    name: str
    config: dict[str, Any]
    newest: dict[str, int]


def watched(store: Store) -> dict[int, Watched]:
    """All models of all accounts, by number."""
    found = {
        row["id"]: Watched(row["id"], row["account_id"], row["name"], row["config"], {})
        for row in store.rows("SELECT id, account_id, name, config FROM models")
    }
    for row in store.rows("SELECT model_id, version, max(id) AS id FROM model_references GROUP BY model_id, version"):
        if row["model_id"] in found:
            found[row["model_id"]].newest[row["version"]] = row["id"]
    return found


def profiles(store: Store, reference_id: int) -> list[dict[str, Any]] | None:
    """The profiles of a reference; None if it is gone."""
    row = store.row("SELECT profiles FROM model_references WHERE id = %s", reference_id)
    return None if row is None else row["profiles"]


def segments(store: Store, reference_id: int) -> dict[str, Any] | None:
    """The segments of a reference with their counts; None if it has none, or is gone."""
    row = store.row("SELECT segments FROM model_references WHERE id = %s", reference_id)
    return None if row is None else row["segments"]


def newest_segments(store: Store, model: int) -> list[dict[str, Any]]:
    """Of the newest reference of each version: its number and its segments, without their counts."""
    return store.rows(
        "SELECT DISTINCT ON (version) version, id AS reference, segments - 'counts' AS segments FROM model_references"
        " WHERE model_id = %s ORDER BY version, id DESC",
        model,
    )
