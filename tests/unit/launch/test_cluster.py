"""A process's place in its cluster, as the settings name it."""

from __future__ import annotations

from typing import Any

import pytest

from launch.cluster import seat
from vedette.errors import ConfigurationError
from vedette.settings import FlowSettings

TWO = "flows-0.internal:2101,flows-1.internal:2101"


def settings(**values: Any) -> FlowSettings:
    return FlowSettings.load(log_url="embedded:///e.db", dsn="postgresql://h/d", **values)


def test_a_flow_alone_has_no_seat() -> None:
    assert seat(settings(), "web-1") is None


def test_addresses_and_a_number_make_a_seat() -> None:
    found = seat(settings(cluster_addresses=TWO, cluster_process=1), "host")
    assert found is not None
    assert (found.process, found.addresses) == (1, ("flows-0.internal:2101", "flows-1.internal:2101"))
    assert found.bond == ("flows-0.internal", 2100)


@pytest.mark.parametrize("hostname", ["flows-1", "flows-1.internal"])
def test_the_host_names_last_number_stands_for_the_process(hostname: str) -> None:
    found = seat(settings(cluster_addresses=TWO), hostname)
    assert found is not None
    assert found.process == 1


def test_the_bond_may_be_elsewhere() -> None:
    found = seat(settings(cluster_addresses="[::1]:21,[::1]:22", cluster_process=0, cluster_bond="[::1]:9000"), "host")
    assert found is not None
    assert found.bond == ("::1", 9000)


@pytest.mark.parametrize(
    ("variable", "values"),
    [
        ("VEDETTE_CLUSTER_PROCESS", {"cluster_process": 0}),
        ("VEDETTE_CLUSTER_PROCESS", {"cluster_addresses": TWO}),
        ("VEDETTE_CLUSTER_PROCESS", {"cluster_addresses": TWO, "cluster_process": 2}),
        ("VEDETTE_CLUSTER_PROCESS", {"cluster_addresses": TWO, "cluster_process": -1}),
        ("VEDETTE_CLUSTER_ADDRESSES", {"cluster_addresses": "", "cluster_process": 0}),
        ("VEDETTE_CLUSTER_ADDRESSES", {"cluster_addresses": "a:1", "cluster_process": 0}),
        ("VEDETTE_CLUSTER_ADDRESSES", {"cluster_addresses": "a:1,a:1", "cluster_process": 0}),
        ("VEDETTE_CLUSTER_ADDRESSES", {"cluster_addresses": "a:1,b", "cluster_process": 0}),
        ("VEDETTE_CLUSTER_ADDRESSES", {"cluster_addresses": "a:1,b:70000", "cluster_process": 0}),
        ("VEDETTE_CLUSTER_ADDRESSES", {"cluster_addresses": "a:1;b:2", "cluster_process": 0}),
        ("VEDETTE_CLUSTER_BOND", {"cluster_addresses": "a:2,a:1", "cluster_process": 0}),
        ("VEDETTE_CLUSTER_BOND", {"cluster_addresses": TWO, "cluster_process": 0, "cluster_bond": "nowhere"}),
        ("VEDETTE_PROCESSES", {"cluster_addresses": TWO, "cluster_process": 0, "processes": 2}),
        ("VEDETTE_PROCESSES", {"processes": 0}),
        ("VEDETTE_WORKERS", {"workers": 0}),
        ("VEDETTE_RECOVERY_PARTITIONS", {"recovery_partitions": 0}),
    ],
)
def test_what_cannot_be_is_refused_with_the_variable(variable: str, values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        seat(settings(**values), "host")
