"""The labels of an alert, by which silences and routes choose: the same selectors as for series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from vedette.errors import InvalidInput
from vedette.events.check_series import labels_in
from vedette.events.model_subjects import labels_of_model
from vedette.events.names import parse_series
from vedette.events.selectors import parse_selector

LABELS = (
    "rule, subject, severity, source, monitor, location, plugin, model, feature, segment, metric, role,"
    " and the series' or the monitor's own"
)


def labels_of(rule: str, subject: str, severity: str, detail: Mapping[str, object]) -> dict[str, str]:
    """What an alert is about, as labels. Those that its subject has none of are left out.

    Of a series, its name is `__name__`, and its labels are there as they are, if they do not take another's place; so
    are those of the combination that an expression is about.
    A monitor's own labels are those that its signals carry.
    `roles` of the detail, separated by blanks, stay so in `role`.
    """
    found = {"rule": rule, "subject": subject, "severity": severity}
    kind, _, rest = subject.partition(":")
    own: Mapping[str, str] = {}
    if kind in {"series", "expression"}:
        found["source"], _, series = rest.partition("/")
        name, own = _named(series)
        if kind == "series":
            found["__name__"] = name
    elif kind in {"source", "clone", "clock"}:
        found["source"] = rest
    elif kind == "plugin":
        found["source"], _, found["plugin"] = rest.rpartition("/")
    elif kind == "monitor":
        of_checks, own = _of_monitor(rest, detail)
        found |= of_checks
    elif kind in {"model", "segment"}:
        found |= labels_of_model(subject)
    elif kind in {"quality", "metric"}:
        version, _, found["metric"] = rest.partition("/")
        found["model"] = version.partition("@")[0]
    if detail.get("roles"):
        found["role"] = str(detail["roles"])
    return {**own, **found}


def _of_monitor(rest: str, detail: Mapping[str, object]) -> tuple[dict[str, str], Mapping[str, str]]:
    """Labels that follow from `ID`, `ID@LOCATION` or `ID/SERIES`, and the monitor's own."""
    place, _, series = rest.partition("/")
    monitor, _, location = place.partition("@")
    found = {"monitor": monitor}
    if location or detail.get("location"):
        found["location"] = location or str(detail["location"])
    if series:
        found["__name__"] = series
    return found, labels_in(str(detail.get("labels") or ""))


def _named(series: str) -> tuple[str, dict[str, str]]:
    try:
        name, pairs = parse_series(series)
    except InvalidInput:
        return series, {}
    return name, dict(pairs)


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
