"""Labels of alerts, and the selectors that choose by them."""

from __future__ import annotations

import pytest

from vedette.events.model_subjects import subject_of
from vedette.notifying.labels import labels_of, matches


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("source:web-1", {"source": "web-1"}),
        ("clock:web-1", {"source": "web-1"}),
        ("plugin:web/1/nginx", {"source": "web/1", "plugin": "nginx"}),
        ("monitor:4", {"monitor": "4"}),
        ("monitor:4@berlin", {"monitor": "4", "location": "berlin"}),
        ("model:7@2/age", {"model": "7", "feature": "age"}),
        ("model:7", {"model": "7"}),
        ("quality:7@2/auc", {"model": "7", "metric": "auc"}),
        ("metric:7/cost/eur", {"model": "7", "metric": "cost/eur"}),
        ("model:7@2/", {"model": "7"}),
        ("segment:7@2/a%2Fb%25/age/x", {"model": "7", "segment": "a/b%", "feature": "age/x"}),
        (subject_of(7, "", "age", "100%2F"), {"model": "7", "segment": "100%2F", "feature": "age"}),
        (
            'series:web-1/disk.used_ratio{mount="/",source="else"}',
            {"source": "web-1", "__name__": "disk.used_ratio", "mount": "/"},
        ),
        ("series:web-1/not a name", {"source": "web-1", "__name__": "not a name"}),
    ],
)
def test_a_subject_tells_what_an_alert_is_about(subject: str, expected: dict[str, str]) -> None:
    labels = labels_of("Rule", subject, "critical", {})
    assert labels == {"rule": "Rule", "subject": subject, "severity": "critical", **expected}


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ('{source="web-1"}', True),
        ('{source=~"web-.*",severity="critical"}', True),
        ('{source=~"web-.*",severity!="critical"}', False),
        ('{mount="/"}', True),
        ('{monitor=""}', True),
        ('{monitor!=""}', False),
        ("disk.used_ratio", True),
        ('{role="db"}', True),
        ('{role=~"w.*"}', True),
        ('{role!="db"}', False),
        ('{role!="cache"}', True),
    ],
)
def test_selectors_are_those_of_series(selector: str, holds: bool) -> None:
    labels = labels_of("Disk", 'series:web-1/disk.used_ratio{mount="/"}', "critical", {"roles": "web db"})
    assert matches(selector, labels) is holds
