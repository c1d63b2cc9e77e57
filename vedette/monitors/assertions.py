"""Assertions: what the answer of an HTTP monitor must hold beside its status."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from vedette.errors import InvalidInput
from vedette.monitors.jsonpath import parse_path

Severity = Literal["down", "degraded"]
Text = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
Scalar = StrictBool | StrictInt | StrictFloat | StrictStr | None


class _Assertion(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    severity: Severity = Field(default="down", description="what the monitor is when the assertion fails")


def _check_regex(op: str, value: str) -> None:
    """Refuse what is no pattern. RE2 takes time linear in the text, so none can hold a probe."""
    from vedette.events.patterns import check_pattern  # a probe needs definitions, but perhaps no patterns

    if op in {"regex", "not_regex"}:
        try:
            check_pattern("value", value)
        except InvalidInput as error:
            raise ValueError(error.allowed) from error


class HeaderAssertion(_Assertion):
    """A header of the answer; of several with one name, one must do, and with `not_regex` all."""

    type: Literal["header"]
    name: Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$")]
    op: Literal["equals", "contains", "regex", "not_regex"]
    value: Text

    @model_validator(mode="after")
    def _pattern(self) -> HeaderAssertion:
        _check_regex(self.op, self.value)
        return self


class BodyAssertion(_Assertion):
    """The body as text; `regex` is found anywhere in it, `not_regex` nowhere."""

    type: Literal["body"]
    op: Literal["contains", "not_contains", "regex", "not_regex"]
    value: Annotated[Text, StringConstraints(min_length=1)]

    @model_validator(mode="after")
    def _pattern(self) -> BodyAssertion:
        _check_regex(self.op, self.value)
        return self


class JsonAssertion(_Assertion):
    """Values in a JSON body: `$.items[*].state == "ok"`; there must be one, and each must compare.

    `contains`: a text in a text, or an item in a list. `absent`: the path must name none, as
    `$.items[?@.state != "ok"]`.
    """

    type: Literal["json"]
    path: Annotated[str, StringConstraints(max_length=500)]
    op: Literal["==", "!=", "<", "<=", ">", ">=", "exists", "absent", "contains"]
    value: Scalar = None

    @field_validator("path")
    @classmethod
    def _readable(cls, value: str) -> str:
        parse_path(value)
        return value

    @model_validator(mode="after")
    def _value_for_op(self) -> JsonAssertion:
        if self.op in {"exists", "absent"} and self.value is not None:
            raise ValueError(f"no value with op {self.op}")
        if self.op in {"<", "<=", ">", ">="} and (isinstance(self.value, bool) or self.value is None):
            raise ValueError(f"a number or a text as value with op {self.op}")
        if self.op == "contains" and self.value is None:
            raise ValueError("a value with op contains")
        return self


class SizeAssertion(_Assertion):
    """The body's length in bytes, as it was sent (still compressed if it was)."""

    type: Literal["size"]
    min_bytes: int | None = Field(default=None, ge=0, le=1 << 30)
    max_bytes: int | None = Field(default=None, ge=0, le=1 << 30)

    @model_validator(mode="after")
    def _a_range(self) -> SizeAssertion:
        if self.min_bytes is None and self.max_bytes is None:
            raise ValueError("min_bytes, max_bytes or both")
        if self.min_bytes is not None and self.max_bytes is not None and self.min_bytes > self.max_bytes:
            raise ValueError(f"min_bytes ({self.min_bytes}) of at most max_bytes ({self.max_bytes})")
        return self


Assertion = Annotated[
    HeaderAssertion | BodyAssertion | JsonAssertion | SizeAssertion,
    Field(discriminator="type"),
]
