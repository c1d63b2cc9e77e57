"""Routes and on-call schedules as they are stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vedette.errors import Conflict, NotFound
from vedette.notifying.route import RouteSpec
from vedette.notifying.schedule import Override, ScheduleSpec
from vedette.notifying.takeover import with_override, without_override
from vedette.store.groups import check_names
from vedette.store.pool import Jsonb, Store


def routes_of(store: Store, account: int) -> list[dict[str, Any]]:
    """The account's routes, in the order in which they are asked."""
    rows = store.rows(
        "SELECT id, name, position, config FROM routes WHERE account_id = %s ORDER BY position, id", account
    )
    return [{**_with_groups(row.pop("config")), **row} for row in rows]


def _with_groups(config: dict[str, Any]) -> dict[str, Any]:
    """Steps of routes that were made before there were groups name none."""
    return {**config, "steps": [{"groups": [], **step} for step in config["steps"]]}


def put_route(store: Store, account: int, spec: RouteSpec, route: int | None = None) -> dict[str, Any]:
    """Make a route, or replace the one of that number; for alerts that begin from now on. `InvalidInput` names a
    channel, group or schedule that the account has not; `Conflict` if another route has that name."""
    with store.transaction() as connection:
        check_names(connection, account, "channels", "channels", {n for step in spec.steps for n in step.channels})
        check_names(connection, account, "channel_groups", "groups", {n for step in spec.steps for n in step.groups})
        check_names(connection, account, "schedules", "schedules", {n for step in spec.steps for n in step.schedules})
        values = (spec.name, spec.position, Jsonb(spec.model_dump(mode="json", exclude={"name", "position"})))
        if route is None:
            found = connection.execute(
                "INSERT INTO routes (name, position, config, account_id) VALUES (%s, %s, %s, %s) RETURNING id",
                (*values, account),
            ).fetchone()
        else:
            found = connection.execute(
                "UPDATE routes SET name = %s, position = %s, config = %s WHERE id = %s AND account_id = %s"
                " RETURNING id",
                (*values, route, account),
            ).fetchone()
    if found is None:
        raise NotFound(f"route {route} does not exist")
    return {"id": found["id"], **spec.model_dump(mode="json")}


def remove_route(store: Store, account: int, route: int) -> None:
    """Remove a route; alerts that went its way keep their plans."""
    if not store.execute("DELETE FROM routes WHERE id = %s AND account_id = %s", route, account):
        raise NotFound(f"route {route} does not exist")


def schedules_of(store: Store, account: int) -> list[dict[str, Any]]:
    """The account's schedules."""
    rows = store.rows("SELECT id, name, config FROM schedules WHERE account_id = %s ORDER BY id", account)
    return [{**row.pop("config"), **row} for row in rows]


def schedule_of(store: Store, account: int, schedule: int) -> ScheduleSpec:
    """One schedule; `NotFound` if the account has none of that number."""
    query = "SELECT name, config FROM schedules WHERE id = %s AND account_id = %s"
    row = store.row(query, schedule, account)
    if row is None:
        raise NotFound(f"schedule {schedule} does not exist")
    return ScheduleSpec.model_validate({**row["config"], "name": row["name"]})


def put_schedule(store: Store, account: int, spec: ScheduleSpec, schedule: int | None = None) -> dict[str, Any]:
    """Make a schedule, or replace the one of that number; whoever is on call from now on is told. Overrides that were
    not given stay as they are."""
    if schedule is not None and "overrides" not in spec.model_fields_set:
        return _change_schedule(
            store, account, schedule, lambda known: spec.model_copy(update={"overrides": known.overrides})
        )
    with store.transaction() as connection:
        check_names(connection, account, "channels", "rotation", spec.channels())
        values = (spec.name, Jsonb(spec.config()))
        if schedule is None:
            found = connection.execute(
                "INSERT INTO schedules (name, config, account_id) VALUES (%s, %s, %s) RETURNING id", (*values, account)
            ).fetchone()
        else:
            found = connection.execute(
                "UPDATE schedules SET name = %s, config = %s WHERE id = %s AND account_id = %s RETURNING id",
                (*values, schedule, account),
            ).fetchone()
    if found is None:
        raise NotFound(f"schedule {schedule} does not exist")
    return {"id": found["id"], **spec.model_dump(mode="json")}


def take_over(store: Store, account: int, schedule: int, override: Override, now_ms: int) -> None:
    """Let an override come before the rotation, and before earlier overrides."""
    _change_schedule(store, account, schedule, lambda known: with_override(known, override, now_ms))


def give_back(store: Store, account: int, schedule: int, override: Override) -> None:
    """Remove an override; `NotFound` if the schedule has none of these times and this channel."""

    def changed(known: ScheduleSpec) -> ScheduleSpec:
        left = without_override(known, override)
        if left is None:
            raise NotFound(f"schedule {schedule} has no such override")
        return left

    _change_schedule(store, account, schedule, changed)


def _change_schedule(
    store: Store, account: int, schedule: int, change: Callable[[ScheduleSpec], ScheduleSpec]
) -> dict[str, Any]:
    """Replace a schedule by what is made of it, with nobody changing it in between."""
    with store.transaction() as connection:
        row = connection.execute(
            "SELECT name, config FROM schedules WHERE id = %s AND account_id = %s FOR UPDATE", (schedule, account)
        ).fetchone()
        if row is None:
            raise NotFound(f"schedule {schedule} does not exist")
        known = ScheduleSpec.model_validate({**row["config"], "name": row["name"]})
        spec = change(known)
        check_names(connection, account, "channels", "rotation", set(spec.rotation))
        check_names(connection, account, "channels", "channel", spec.channels() - known.channels() - set(spec.rotation))
        connection.execute(
            "UPDATE schedules SET name = %s, config = %s WHERE id = %s", (spec.name, Jsonb(spec.config()), schedule)
        )
    return {"id": schedule, **spec.model_dump(mode="json")}


def remove_schedule(store: Store, account: int, schedule: int) -> None:
    """Remove a schedule; `Conflict` while a route names it, for its alerts would reach nobody."""
    using = [
        route["name"]
        for route in routes_of(store, account)
        if any(schedule in step.get("schedules", ()) for step in route["steps"])
    ]
    if using:
        raise Conflict(f"schedule {schedule} is named by the route {using[0]!r}")
    if not store.execute("DELETE FROM schedules WHERE id = %s AND account_id = %s", schedule, account):
        raise NotFound(f"schedule {schedule} does not exist")
