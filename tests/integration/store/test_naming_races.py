"""What is removed while somebody names it: one of the two is refused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.store.decisions import add_channels
from vedette.errors import Conflict
from vedette.notifying.group import GroupSpec
from vedette.notifying.route import RouteSpec, Step
from vedette.notifying.schedule import ScheduleSpec
from vedette.store import alerts, groups, routing
from vedette.store.pool import Store

REMOVE: dict[str, Callable[[Store, int, int], None]] = {
    "channels": alerts.remove_channel,
    "groups": groups.remove_group,
    "schedules": routing.remove_schedule,
}


@pytest.mark.parametrize("field", REMOVE)
def test_what_a_route_names_stays_though_it_is_removed_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    own, other = add_channels(store, "own", "other")
    schedule = ScheduleSpec.model_validate({"name": "team", "rotation": [other], "first": "2026-11-30"})
    named = {
        "channels": own,
        "groups": int(groups.put_group(store, 1, GroupSpec(name="team", channels=[other]))["id"]),
        "schedules": int(routing.put_schedule(store, 1, schedule)["id"]),
    }[field]
    check = groups.check_names
    removed: list[Future[None]] = []

    def checked(connection: Any, account: int, table: str, name: str, wanted: set[int]) -> None:
        check(connection, account, table, name, wanted)
        if name == "schedules":  # the last that is asked
            removed.append(pool.submit(REMOVE[field], store, 1, named))
            wait = removed[0].exception  # it waits for us, or is done
            with pytest.raises(TimeoutError):
                wait(0.5)

    monkeypatch.setattr(routing, "check_names", checked)
    with ThreadPoolExecutor(1) as pool:
        routing.put_route(store, 1, RouteSpec(name="nights", steps=[Step.model_validate({field: [named]})]))
    with pytest.raises(Conflict, match="is named by the route 'nights'"):
        removed[0].result()
