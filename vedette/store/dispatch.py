"""Dispatch: whom an alert is told to, by silences, routes, groups and schedules as one transaction sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from vedette.errors import InvalidInput
from vedette.events.selectors import parse_selector
from vedette.events.signals import AlertTransition
from vedette.notifying.labels import labels_of, matches
from vedette.notifying.plan import Plan, plan_of
from vedette.notifying.route import RouteSpec, Step, route_for
from vedette.notifying.schedule import ScheduleSpec
from vedette.store.groups import members_of
from vedette.store.pool import Connection
from vedette.telemetry import get_logger

LOOK_AGAIN_MS = 60_000
Spec = TypeVar("Spec", RouteSpec, ScheduleSpec)


@dataclass(frozen=True, slots=True)
class _Account:
    channels: frozenset[int]
    silences: list[tuple[str, int]]
    """Selectors of those that hold, and their ends in ms UTC."""
    routes: list[RouteSpec]
    schedules: dict[int, ScheduleSpec]
    groups: dict[int, list[int]]


class Dispatch:
    """What accounts have said, read once each and good for one transaction. `now_ms` is the transaction's time, UTC."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._accounts: dict[int, _Account] = {}
        row = connection.execute("SELECT (extract(epoch FROM now()) * 1000)::bigint AS now_ms").fetchone()
        assert row is not None
        self.now_ms: int = row["now_ms"]

    def plan(self, t: AlertTransition, channels: Sequence[int]) -> Plan:
        """The steps of an alert: by its rule's own `channels`, else by the route that takes it, else to everybody."""
        account = self._account(t.account)
        if channels:
            return plan_of(None, channels)
        route = route_for(account.routes, _labels(t), self.now_ms)
        return plan_of(route, sorted(account.channels))

    def silenced_until(self, t: AlertTransition) -> int | None:
        """The end (ms UTC) of the last silence that holds the alert back now; None if none does."""
        account = self._account(t.account)
        if not account.silences:
            return None
        labels = _labels(t)
        return max((end for selector, end in account.silences if matches(selector, labels)), default=None)

    def look_again_ms(self, t: AlertTransition) -> int | None:
        """When to ask again whether a silence holds the alert back (ms UTC): at its end, or in a minute, for it may be
        ended before. None if none does."""
        held_ms = self.silenced_until(t)
        return None if held_ms is None else min(held_ms, self.now_ms + LOOK_AGAIN_MS)

    def targets(self, account: int, steps: Iterable[Step]) -> list[int]:
        """The channels of these steps and their groups, and those on call now; of the account, each once, in order."""
        found = self._account(account)
        wanted: set[int] = set()
        for step in steps:
            on_call = (found.schedules[number] for number in step.schedules if number in found.schedules)
            wanted |= {channel for group in step.groups for channel in found.groups.get(group, ())}
            wanted |= {*step.channels, *(schedule.on_call(self.now_ms) for schedule in on_call)}
        return sorted(wanted & found.channels)

    def _account(self, account: int) -> _Account:
        found = self._accounts.get(account)
        if found is None:
            found = self._accounts[account] = _Account(
                frozenset(row["id"] for row in self._rows("SELECT id FROM channels WHERE account_id = %s", account)),
                [
                    (row["selector"], row["end_ms"])
                    for row in self._rows(
                        "SELECT selector, (extract(epoch FROM ends_at) * 1000)::bigint AS end_ms FROM silences"
                        " WHERE account_id = %s AND starts_at <= now() AND ends_at > now()",
                        account,
                    )
                    if _parses(row["selector"])
                ],
                [
                    spec
                    for row in self._rows(
                        "SELECT name, position, config FROM routes WHERE account_id = %s ORDER BY position, id", account
                    )
                    if (spec := _understood(RouteSpec, row)) is not None
                ],
                {
                    row["id"]: schedule
                    for row in self._rows("SELECT id, name, config FROM schedules WHERE account_id = %s", account)
                    if (schedule := _understood(ScheduleSpec, row)) is not None
                },
                members_of(self._connection, account),
            )
        return found

    def _rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return self._connection.execute(query.encode(), values).fetchall()


def _parses(selector: str) -> bool:
    """Whether a stored selector is understood; one of a newer version holds nothing back, and is told in the log."""
    try:
        parse_selector(selector)
    except InvalidInput as error:
        get_logger("dispatch").error("not_understood", kind="silence", name=selector, error=str(error))
        return False
    return True


def _understood(kind: type[Spec], row: dict[str, Any]) -> Spec | None:
    """A stored definition; None, and a word in the log, for one of a newer version: it must not stop the others."""
    values = {**row.pop("config"), **{name: value for name, value in row.items() if name != "id"}}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        get_logger("dispatch").error("not_understood", kind=kind.__name__, name=row["name"], error=str(error))
        return None


def _labels(t: AlertTransition) -> dict[str, str]:
    return labels_of(t.rule_name, t.subject, t.severity, t.detail)
