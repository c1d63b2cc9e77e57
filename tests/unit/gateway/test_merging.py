"""A host's configuration: the account's defaults, under its roles, under its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest_api.fleet.merging import merge, version_of


def test_later_layers_have_their_way_and_what_they_leave_open_is_left() -> None:
    assert merge([{"interval_s": 60, "mask_arguments": True}, {"interval_s": 10}, {}]) == {
        "interval_s": 10,
        "mask_arguments": True,
    }


def test_false_is_said_and_null_is_not() -> None:
    assert merge([{"mask_arguments": True}, {"mask_arguments": False}]) == {"mask_arguments": False}
    assert merge([{"mask_arguments": True}, {"mask_arguments": None}]) == {"mask_arguments": True}


def test_collectors_are_merged_by_name() -> None:
    layers = [{"collectors": {"cpu": False, "disk": False}}, {"collectors": {"cpu": True}}]
    assert merge(layers) == {"collectors": {"cpu": True, "disk": False}}


def test_plugins_are_merged_by_the_name_of_their_instance() -> None:
    nginx, other = {"name": "nginx", "plugin": "nginx"}, {"name": "nginx", "plugin": "nginx", "interval_s": 5}
    redis = {"name": "redis", "plugin": "redis"}
    assert merge([{"plugins": [nginx, redis]}, {"plugins": [other]}]) == {"plugins": [other, redis]}


def test_a_layer_takes_away_what_is_below_it_and_not_what_is_its_own() -> None:
    nginx = {"name": "nginx", "plugin": "nginx"}
    assert merge([{"plugins": [nginx]}, {"without": ["nginx", "absent"]}]) == {}
    assert merge([{"plugins": [nginx]}, {"without": ["nginx"], "plugins": [nginx]}]) == {"plugins": [nginx]}


def test_nothing_said_is_nothing_configured() -> None:
    assert merge([]) == merge([{}, {"plugins": [], "collectors": {}}]) == {}


@given(st.dictionaries(st.sampled_from(["interval_s", "statsd"]), st.integers()), st.permutations([0, 1]))
def test_the_version_is_that_of_the_content_and_not_of_its_order(config: dict[str, int], order: list[int]) -> None:
    items = list(config.items())
    shuffled = dict(items[at] for at in order if at < len(items))
    assert (version_of(config) == version_of(shuffled)) == (config == shuffled)
