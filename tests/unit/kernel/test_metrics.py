"""Metrics: a closed list, and nothing outside it."""

from __future__ import annotations

import re
import sys

import pytest

from vedette.telemetry import METRICS
from vedette.telemetry.metrics import Metrics


def test_every_metric_of_the_list_can_be_used() -> None:
    metrics = Metrics()
    for metric in METRICS:
        labels = dict.fromkeys(metric.labels, "x")
        use = {"counter": metrics.count, "gauge": metrics.set, "histogram": metrics.observe}[metric.kind]
        use(metric.name, 2, **labels)
    text = metrics.text().decode()
    assert all(metric.name in text for metric in METRICS)


def test_a_metric_outside_the_list_is_a_key_error() -> None:
    metrics = Metrics()
    for use in (metrics.count, metrics.set, metrics.observe):
        with pytest.raises(KeyError):
            use("vedette_surprises_total", 1)


def test_a_label_outside_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        Metrics().count("vedette_ingest_accepted_total", colour="red")


def test_names_say_what_they_are_and_stand_once() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"vedette_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert metric.help


def test_counts_add_up_and_gauges_replace() -> None:
    metrics = Metrics()
    for _ in range(2):
        metrics.count("vedette_ingest_accepted_total", 3, topic="t")
        metrics.set("vedette_spool_bytes", 3)
    text = metrics.text().decode()
    assert 'vedette_ingest_accepted_total{topic="t"} 6.0' in text
    assert "vedette_spool_bytes 3.0" in text


def test_port_zero_serves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[int] = []
    module = sys.modules[Metrics.__module__]  # the package's name `metrics` is the function
    monkeypatch.setattr(module, "start_http_server", lambda port, *rest: served.append(port))
    Metrics().serve(0)
    assert served == []
    Metrics().serve(9000)
    assert served == [9000]
