"""What every rule has, and patterns for names."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from vedette.errors import InvalidInput
from vedette.events.patterns import check_pattern


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


class RuleBase(BaseModel):
    """A rule has a name, and channels; how bad it is, and where it stands what to do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    channels: list[int] = Field(
        default_factory=list, description="channels to notify; empty: by the account's routes, else all of the account"
    )
    severity: Severity = "warning"
    runbook: Annotated[str | None, AfterValidator(_is_page)] = Field(
        default=None, max_length=2000, description="a page that says what to do"
    )
