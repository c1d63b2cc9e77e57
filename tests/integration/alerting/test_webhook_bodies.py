"""The published schema of webhooks agrees with what a worker posts: all events, alone and grouped."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from alerting.reports.contents import as_json
from alerting.trial import trial_of
from alerting.webhook_body import Body, schema
from tests.integration.alerting.receiver import OK, Receiver
from tests.integration.alerting.working import add_channel, due_now, step, with_receiver, worker
from tests.integration.store.decisions import transition
from tests.integration.store.test_keeping import end, now_ms, pass_time, route, start
from tests.json_schema import faults
from tests.unit.alerting.report_contents import every_part
from vedette.clock import SystemClock
from vedette.notifying.report import ReportSpec
from vedette.notifying.route import RouteSpec, Step
from vedette.store import hands, routing
from vedette.store.keeping import keep
from vedette.store.pool import Store
from vedette.store.recording import end_alerts, record
from vedette.store.report_definitions import put_report
from vedette.store.report_runs import run_now

SCHEMA = schema()
EVENTS = {"start", "end", "one-off", "report", "update acknowledged", "update unacknowledged", "update reminded"}


def event_of(body: dict[str, Any]) -> str:
    return f"{body['event']} {body['update']}" if "update" in body else str(body["event"])


def agrees(body: dict[str, Any]) -> None:
    """With the schema, and with the types it is made of, which know no other fields."""
    assert faults(SCHEMA, body) == []
    assert json.loads(msgspec.json.encode(msgspec.convert(body, Body))).keys() == body.keys()


def deeds(store: Store, alert: int) -> None:
    hands.acknowledge(store, 1, alert, "ann@shop.example", "mine")
    hands.unacknowledge(store, 1, alert, "ann@shop.example")


@pytest.fixture
def posted(store: Store) -> list[dict[str, Any]]:
    """What a receiver got of alerts that went through all there is, alone and in groups."""
    got: list[dict[str, Any]] = []

    async def body(receiver: Receiver) -> None:
        async def deliver() -> None:
            keep(store)
            due_now(store)
            while await step(worker(store)):
                pass

        channel = add_channel(store, receiver.url)
        route(store, Step(channels=[channel]), remind_s=600)
        ended, by_hand, removed = (start(store, number=number) for number in (1, 2, 3))
        await deliver()
        deeds(store, ended)
        await deliver()
        pass_time(store, 700)
        await deliver()
        store.execute(
            "UPDATE notifications SET state = 'failed' WHERE alert_id = %s AND body->>'event' = 'start'", removed
        )
        end(store)
        hands.resolve(store, 1, by_hand, "ann@shop.example", "no more")
        record(store, [(replace(transition("resolved", episode=3), at=now_ms(store)), ())])
        said = {"title": "hot", "body": "very", "said_ms": 5}
        record(store, [(replace(transition("notice", episode=4), detail=said, value=None), ())])
        start(store, number=5)
        await deliver()
        with store.transaction() as connection:
            end_alerts(connection, 1, "monitor", monitor=1)
        await deliver()
        routing.put_route(
            store, 1, RouteSpec(name="group", steps=[Step(channels=[channel])], group_s=30, remind_s=600, position=0), 1
        )
        grouped = [start(store, number=number) for number in (11, 12)]
        for seconds in (31, 700):  # starts, then reminders
            pass_time(store, seconds)
            await deliver()
            pass_time(store, 31)
            await deliver()
        for alert in grouped:
            deeds(store, alert)
        pass_time(store, 31)
        await deliver()
        for number in (11, 12):
            end(store, number)
        pass_time(store, 31)
        await deliver()
        report = put_report(store, 1, ReportSpec(name="day", kind="daily", channels=[channel]), SystemClock().now_ms())
        run_now(
            store, lambda *_: as_json(every_part()), 1, int(report["id"]), "ann@shop.example", SystemClock().now_ms()
        )
        await deliver()
        got.extend(request.body for request in receiver.got)

    with_receiver(lambda request: OK, body)
    return got


def test_all_events_are_as_the_schema_says_alone_and_grouped(posted: list[dict[str, Any]]) -> None:
    assert {event_of(body) for body in posted} == EVENTS
    assert {event_of(body) for body in posted if "alerts" in body} == EVENTS - {"one-off", "report"}
    assert {body["alert"].get("start_given_up") for body in posted if "alert" in body} == {None, True}
    details = [set(body.get("detail", ())) for body in posted]
    assert any("removed" in one for one in details)
    assert any({"by", "text"} <= one for one in details)
    for body in posted:
        agrees(body)


def test_what_the_schema_does_not_allow_is_found(posted: list[dict[str, Any]]) -> None:
    for event in EVENTS:
        body = next(one for one in posted if event_of(one) == event)
        for changed in broken(body):
            assert faults(SCHEMA, changed), (event, changed)


def broken(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with a field that is missing, or of another type."""
    for name in body:
        yield {key: value for key, value in body.items() if key != name}
        yield {**body, name: 7.5}
    for name in body.get("alert", {}).keys() - {"start_given_up"}:
        changed = copy.deepcopy(body)
        del changed["alert"][name]
        yield changed
    yield {**body, "event": "begin"}


def test_a_trial_is_a_one_off() -> None:
    agrees(trial_of(3, 1_795_212_883_000)[1])
