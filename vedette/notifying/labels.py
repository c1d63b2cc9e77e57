"""The labels of an alert, by which silences and routes choose: the same selectors as for series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from vedette.errors import InvalidInput
from vedette.events.names import parse_series
from vedette.events.selectors import parse_selector

LABELS = "rule, subject, severity, source, monitor, location, plugin, model, feature, metric, role, and the series' own"

_OF_MODELS = {"model": "feature", "quality": "metric", "metric": "metric"}
"""Kinds of subjects that are a model's, and what part of it they name."""


def labels_of(rule: str, subject: str, severity: str, detail: Mapping[str, object]) -> dict[str, str]:
    """What an alert is about, as labels. Those that its subject has none of are left out.

    Of a series, its name is `__name__`, and its labels are there as they are, if they do not take another's place.
    `roles` of the detail, separated by blanks, stay so in `role`.
    """
    found = {"rule": rule, "subject": subject, "severity": severity}
    kind, _, rest = subject.partition(":")
    own: dict[str, str] = {}
    if kind == "series":
        found["source"], _, series = rest.partition("/")
        try:
            found["__name__"], pairs = parse_series(series)
            own = dict(pairs)
        except InvalidInput:
            found["__name__"] = series
    elif kind in {"source", "clone", "clock"}:
        found["source"] = rest
    elif kind == "plugin":
        found["source"], _, found["plugin"] = rest.rpartition("/")
    elif kind == "monitor":
        found["monitor"], _, location = rest.partition("@")
        if location or detail.get("location"):
            found["location"] = location or str(detail["location"])
    elif kind in _OF_MODELS:
        version, _, part = rest.partition("/")
        found["model"] = version.partition("@")[0]
        if part:
            found[_OF_MODELS[kind]] = part
    if detail.get("roles"):
        found["role"] = str(detail["roles"])
    return own | found


def matches(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether all of the selector's conditions hold; `role` means any of the roles."""
    for matcher in parse_selector(selector).matchers:
        value = labels.get(matcher.label, "")
        if matcher.label == "role" and " " in value:
            verdicts = [matcher.matches(one) for one in value.split()]
            good = any(verdicts) if matcher.operator in {"=", "=~"} else all(verdicts)
        else:
            good = matcher.matches(value)
        if not good:
            return False
    return True


def _parses(value: str) -> str:
    try:
        parse_selector(value)
    except InvalidInput as error:
        raise ValueError(f"{error.allowed}; labels of alerts: {LABELS}") from error
    return value


AlertSelector = Annotated[
    str,
    Field(min_length=1, max_length=1000, examples=['{rule="Host silent",source=~"web-.*"}']),
    AfterValidator(_parses),
]
