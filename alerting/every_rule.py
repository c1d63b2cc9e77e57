"""What every rule has, and patterns for names."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from alerting.templates import parse
from vedette.errors import InvalidInput
from vedette.events.patterns import check_pattern
from vedette.events.signals import Signal


def _compiles(value: str | None) -> str | None:
    try:
        check_pattern("pattern", value or "")
    except InvalidInput as error:
        raise ValueError(error.allowed) from error
    return value


Pattern = Annotated[str | None, AfterValidator(_compiles)]


Severity = Literal["critical", "warning", "info"]


def _is_page(value: str | None) -> str | None:
    try:
        good = value is None or (urlsplit(value).scheme in {"http", "https"} and bool(urlsplit(value).hostname))
    except ValueError:
        good = False
    if not good or (value is not None and any(char <= " " for char in value)):
        raise ValueError("an http:// or https:// URL without spaces")
    return value


def _fills(value: str | None) -> str | None:
    if value is not None:
        parse(value)
    return value


class RuleBase(BaseModel):
    """A rule has a name, and channels; how bad it is, where it stands what to do, and maybe words of its own.

    A kind may have a method `title(signal)`, its default words; so the templates go by other names here than outside.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    name: str = Field(min_length=1, max_length=200)
    channels: list[int] = Field(
        default_factory=list, description="channels to notify; empty: by the account's routes, else all of the account"
    )
    groups: list[int] = Field(default_factory=list, max_length=100, description="groups of channels, like `channels`")
    severity: Severity = "warning"
    runbook: Annotated[str | None, AfterValidator(_is_page)] = Field(
        default=None, max_length=2000, description="a page that says what to do"
    )
    title_template: Annotated[str | None, AfterValidator(_fills)] = Field(
        default=None,
        alias="title",
        min_length=1,
        max_length=300,
        description="the alert's title; null: the default words",
        examples=["{labels.source} is full: {value:.1%}"],
    )
    body_template: Annotated[str | None, AfterValidator(_fills)] = Field(
        default=None, alias="body", min_length=1, max_length=4000, description="more words, for those who are told"
    )

    def is_about(self, signal: Signal) -> bool:
        """Whether the rule means the subject of a signal of its kind, by what stays the same of it."""
        return True

    def limit(self) -> float | str | None:
        """What a value is compared with, for templates; None for a kind without."""
        return None
