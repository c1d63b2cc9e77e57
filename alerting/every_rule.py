"""What every rule has, and patterns for names."""

from __future__ import annotations

from typing import Annotated

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


class RuleBase(BaseModel):
    """A rule has a name, and channels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    channels: list[int] = Field(default_factory=list, description="channels to notify; empty: all of the account")
