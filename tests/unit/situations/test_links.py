"""Which alerts belong together, by which rule, and up to when."""

from __future__ import annotations

import pytest

from tests.unit.situations.alerts import MINUTE_MS, MONITORS, T0, alert
from vedette.situations.alert import Alert, Watched, host_of
from vedette.situations.links import DEPENDENCY, links
from vedette.situations.situation import situations


def together(*alerts: Alert) -> bool:
    """Whether all of them are one situation."""
    return len(situations(alerts, MONITORS)) == 1


def why(*alerts: Alert) -> list[tuple[str, str]]:
    (found,) = situations(alerts, MONITORS)
    return [(found.because[one.id].what, found.because[one.id].which) for one in found.alerts[1:]]


def test_the_same_subject_belongs_together_until_half_an_hour_after_its_end() -> None:
    first = alert(1, "monitor:9", 0, 600)
    assert why(first, alert(2, "monitor:9", 630)) == [("subject", "monitor:9")]
    assert not together(first, alert(2, "monitor:9", 630.1))


def test_the_same_subject_belongs_together_as_long_as_the_earlier_is_open() -> None:
    assert together(alert(1, "series:web-1/disk", 0), alert(2, "series:web-1/disk", 60 * 24 * 30))


@pytest.mark.parametrize(
    ("first", "second", "thing"),
    [
        ("source:web-1", 'series:web-1/disk.used_ratio{mount="/"}', ("host", "web-1")),
        ("monitor:9", "monitor:9@fra-1", ("monitor", "9")),
        ("model:4/age", "model:4@v2/income", ("model", "4")),
        ("model:4/age", "quality:4/f1", ("model", "4")),
        ("segment:4@v2/plan=free/age", "model:4", ("model", "4")),
        ("metric:4@v2/cost", "model:4", ("model", "4")),
        ('expression:web-1/7{mount="/"}', "source:web-1", ("host", "web-1")),
        ("monitor:1", "source:web-1", ("host", "web-1")),
        ("plugin:web-1/postgres", "source:web-1", ("host", "web-1")),
    ],
)
def test_the_same_thing_belongs_together_for_six_hours(first: str, second: str, thing: tuple[str, str]) -> None:
    assert why(alert(1, first, 0), alert(2, second, 360)) == [thing]
    assert not together(alert(1, first, 0), alert(2, second, 360.1))
    assert together(alert(1, first, 0, 10), alert(2, second, 40))
    assert not together(alert(1, first, 0, 10), alert(2, second, 40.1))


def test_things_of_the_same_number_but_another_kind_are_others() -> None:
    assert not together(alert(1, "monitor:9"), alert(2, "model:9"))


@pytest.mark.parametrize("value", ["9", "\u00b2", "\u0663"])
def test_a_label_of_a_series_that_is_called_monitor_names_no_monitor(value: str) -> None:
    series = alert(1, f'series:web-7/jobs{{monitor="{value}"}}')
    assert series.labels["monitor"] == value
    assert series.monitor is None
    assert not together(series, alert(2, "monitor:9", 3))


@pytest.mark.parametrize("subject", ["model:\u00b2/age", "monitor:\u00b2"])
def test_a_subject_without_a_number_is_no_monitor_and_no_model(subject: str) -> None:
    found = alert(1, subject)
    assert (found.monitor, found.model) == (None, None)


@pytest.mark.parametrize(("first", "second"), [(2, 1), (1, 2), (3, 1), (1, 3)])
def test_a_monitor_belongs_to_what_it_depends_on_whichever_came_first(first: int, second: int) -> None:
    earlier = alert(1, f"monitor:{first}", 0)
    assert why(earlier, alert(2, f"monitor:{second}", 300)) == [("parent", str(min(first, second)))]
    assert not together(earlier, alert(2, f"monitor:{second}", 360.1))
    assert not together(earlier, alert(2, "monitor:9", 300))


def test_a_telling_label_joins_what_begins_within_five_minutes() -> None:
    first = alert(1, "source:db-1", 0, 1, roles="db eu")
    assert why(first, alert(2, "source:db-2", 5, roles="web eu")) == [("role", "eu")]
    assert not together(first, alert(2, "source:db-2", 5.1, roles="web eu"))
    assert not together(first, alert(2, "source:db-2", 5, roles="web"))
    seen = alert(1, "monitor:9@fra-1", 0)
    assert why(seen, alert(2, "monitor:3@fra-1", 4)) == [("location", "fra-1")]


def test_one_rule_joins_what_begins_within_two_minutes() -> None:
    first = alert(1, "source:a", 0, 1, rule="Host silent")
    assert why(first, alert(2, "source:b", 2, rule="Host silent")) == [("rule", "Host silent")]
    assert not together(first, alert(2, "source:b", 2.1, rule="Host silent"))


def test_what_has_nothing_in_common_is_apart_however_near() -> None:
    assert len(situations([alert(1, "source:a"), alert(2, "source:b"), alert(3, "monitor:9")], MONITORS)) == 3


def test_the_surest_reason_is_told() -> None:
    first = alert(1, "source:a", 0, rule="Host silent", roles="db")
    assert why(first, alert(2, "source:a", 1, rule="Host silent", roles="db")) == [("subject", "source:a")]


def test_an_alert_that_links_two_makes_them_one() -> None:
    one, two = alert(1, "source:web-1", 0), alert(2, "monitor:2", 1)
    assert len(situations([one, two], MONITORS)) == 2
    (found,) = situations([one, two, alert(3, "monitor:1", 2)], MONITORS)
    assert [each.id for each in found.alerts] == [1, 2, 3]
    assert (found.id, found.started_ms) == (1, T0)


def test_parents_in_a_circle_end() -> None:
    from vedette.situations.alert import Watched

    circle = {5: Watched("a", 6), 6: Watched("b", 5), 7: Watched("c", 7)}
    assert len(situations([alert(1, "monitor:5"), alert(2, "monitor:6"), alert(3, "monitor:7")], circle)) == 2


def test_it_is_open_until_all_have_ended_and_can_be_reopened() -> None:
    first, second = alert(1, "source:web-1", 0, 10), alert(2, "source:web-1", 5)
    (found,) = situations([first, second], MONITORS)
    assert found.ended_ms is None
    (found,) = situations([first, alert(2, "source:web-1", 5, 20)], MONITORS)
    assert (found.ended_ms, found.quiet()) == (T0 + 20 * MINUTE_MS, [])
    (found,) = situations([first, alert(2, "source:web-1", 30, 35)], MONITORS)
    assert found.quiet() == [(T0 + 10 * MINUTE_MS, T0 + 30 * MINUTE_MS)]


def test_it_is_called_by_the_first_of_its_gravest_alerts() -> None:
    members = [alert(1, severity="warning"), alert(2, begins=1), alert(3, begins=2)]
    (found,) = situations(members, MONITORS)
    assert (found.id, found.lead.id) == (1, 2)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.example:8443/cart", "shop.example"),
        ("tcp://10.0.0.7:5432", "10.0.0.7"),
        ("http://localhost/", None),
        ("http://127.0.0.1:8080/", None),
        ("http://[::1]/", None),
        ("http://[::1/", None),
        ("heartbeat", None),
    ],
)
def test_the_host_of_a_url(url: str, host: str | None) -> None:
    assert host_of(url) == host


def test_a_parent_that_flaps_costs_each_of_its_children_few_links() -> None:
    monitors = {1: Watched("router"), **{number: Watched(f"shop {number}", 1) for number in range(2, 52)}}
    flaps = [alert(number, "monitor:1", 2 * number, 2 * number + 1) for number in range(400)]
    children = [alert(1000 + number, f"monitor:{number}", number, number + 1) for number in range(2, 52)]
    found = [link for link in links([*flaps, *children], monitors) if link.sureness == DEPENDENCY]
    assert len(found) <= 2 * len(children)
    assert len(situations([*flaps, *children], monitors)) == 1
