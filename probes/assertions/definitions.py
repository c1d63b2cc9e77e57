"""Definitions of assertions, as the gateway describes them to probes (see `vedette.monitors.assertions`)."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["down", "degraded"]


class HeaderAssertion(msgspec.Struct, frozen=True, tag_field="type", tag="header"):
    """A header of the answer; of several with one name, one must do, and with `not_regex` all."""

    name: str
    op: Literal["equals", "contains", "regex", "not_regex"]
    value: str
    severity: Severity = "down"


class BodyAssertion(msgspec.Struct, frozen=True, tag_field="type", tag="body"):
    """The body as text."""

    op: Literal["contains", "not_contains", "regex", "not_regex"]
    value: str
    severity: Severity = "down"


class JsonAssertion(msgspec.Struct, frozen=True, tag_field="type", tag="json"):
    """Values in a JSON body."""

    path: str
    op: Literal["==", "!=", "<", "<=", ">", ">=", "exists", "absent", "contains"]
    value: bool | int | float | str | None = None
    severity: Severity = "down"


class SizeAssertion(msgspec.Struct, frozen=True, tag_field="type", tag="size"):
    """The body's length in bytes, as it was sent."""

    min_bytes: int | None = None
    max_bytes: int | None = None
    severity: Severity = "down"


Assertion = HeaderAssertion | BodyAssertion | JsonAssertion | SizeAssertion
