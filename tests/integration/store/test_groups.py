"""Notification groups stand for their channels, in steps of routes and in rules."""

from __future__ import annotations

import pytest

from tests.integration.store.decisions import add_channels
from tests.integration.store.test_keeping import now_ms, outbox, pass_time, route, silence, start
from vedette.errors import Conflict, InvalidInput, NotFound
from vedette.notifying.group import GroupSpec
from vedette.notifying.route import Step
from vedette.store import alerts, groups, routing, silences
from vedette.store.keeping import keep
from vedette.store.pool import Store


def add_group(store: Store, name: str, *channels: int) -> int:
    return int(groups.put_group(store, 1, GroupSpec(name=name, channels=list(channels)))["id"])


def test_a_step_tells_the_channels_that_its_groups_have_when_it_is_due(store: Store) -> None:
    a, b, c, d = add_channels(store, "a", "b", "c", "d")
    team, others = add_group(store, "team", a, b), add_group(store, "others", b, c)
    route(store, Step(channels=[d], groups=[team]), Step(after_s=60, groups=[others]))
    start(store)
    assert [channel for channel, *_ in outbox(store)] == [a, b, d]
    groups.put_group(store, 1, GroupSpec(name="others", channels=[c]), others)
    pass_time(store, 61)
    keep(store)
    assert [channel for channel, *_ in outbox(store)] == [a, b, d, c]


def test_steps_of_a_route_that_is_older_than_groups_have_none(store: Store) -> None:
    (a,) = add_channels(store, "a")
    route(store, Step(channels=[a]))
    store.execute("UPDATE routes SET config = config #- '{steps,0,groups}'")
    assert [step["groups"] for one in routing.routes_of(store, 1) for step in one["steps"]] == [[]]


def test_a_rule_has_the_channels_of_its_groups_among_its_own(store: Store) -> None:
    a, b, c = add_channels(store, "a", "b", "c")
    team = add_group(store, "team", b, c)
    alerts.add_rule(store, 1, "both", "outage", {"channels": [b, a], "groups": [team, 99]})
    alerts.add_rule(store, 1, "older", "outage", {"channels": [c, a]})
    assert [row["config"]["channels"] for row in alerts.read_rules(store)] == [[a, b, c], [c, a]]
    assert [row["channels"] for row in alerts.rules_of(store, 1)] == [[b, a], [c, a]]


def test_a_route_that_was_made_before_there_were_groups_names_none(store: Store) -> None:
    (a,) = add_channels(store, "a")
    route(store, Step(after_s=5, channels=[a]))
    store.execute("UPDATE routes SET config = config #- '{steps,0,groups}'")
    (found,) = routing.routes_of(store, 1)
    assert found["steps"] == [{"after_s": 5, "channels": [a], "groups": [], "schedules": []}]


def test_what_is_named_cannot_be_removed(store: Store) -> None:
    (a,) = add_channels(store, "a")
    first, second, third = (add_group(store, name, a) for name in ("first", "second", "third"))
    route(store, Step(groups=[first]))
    alerts.add_rule(store, 1, "rule", "outage", {"channels": [], "groups": [second]})
    for group, by in ((first, "route 'route'"), (second, "rule 'rule'")):
        with pytest.raises(Conflict, match=f"group {group} is named by the {by}"):
            groups.remove_group(store, 1, group)
    with pytest.raises(Conflict, match="named by the group 'first'"):
        alerts.remove_channel(store, 1, a)
    groups.remove_group(store, 1, third)
    with pytest.raises(NotFound):
        groups.remove_group(store, 1, third)


def test_groups_are_of_one_account_and_have_a_name_of_their_own(store: Store) -> None:
    (a,) = add_channels(store, "a")
    group = add_group(store, "team", a)
    with pytest.raises(Conflict):
        add_group(store, "team", a)
    with pytest.raises(InvalidInput, match="channels: 99"):
        add_group(store, "other", 99)
    with pytest.raises(InvalidInput, match="groups: 99"):
        route(store, Step(groups=[99]))
    for account in (2, 3):
        assert groups.groups_of(store, account) == []
        with pytest.raises(NotFound):
            groups.remove_group(store, account, group)
    with pytest.raises(NotFound):
        groups.put_group(store, 1, GroupSpec(name="x", channels=[a]), 99)


def test_a_silence_that_is_changed_lets_go_what_it_does_not_hold_any_more(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    number = silence(store)
    start(store)
    now = now_ms(store)
    silences.change(store, 1, number, '{subject="other"}', "", (now - 1, now + 60_000), "named")
    keep(store)
    assert outbox(store) == [(channel, "start", "pending")]
    with pytest.raises(Conflict, match="has the name 'named'"):
        silences.add(store, 1, '{a="b"}', "", "ann", (now - 1, now + 60_000), "named")
    silences.end(store, 1, number)
    silences.add(store, 1, '{a="b"}', "", "ann", (now - 1, now + 60_000), "named")
    with pytest.raises(Conflict, match="is over"):
        silences.change(store, 1, number, '{a="b"}', "", (now - 1, now + 60_000), "again")
    with pytest.raises(NotFound):
        silences.change(store, 2, number, '{a="b"}', "", (now - 1, now + 60_000), None)
