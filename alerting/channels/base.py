"""What a channel is: a configuration that can deliver a notification."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from alerting.links import with_page
from vedette.errors import InvalidInput

_REMEMBERED = 1000
_SHORTEST_HIDDEN, _SHORTEST_PIECE = 6, 12
_MOST_SHOWN = 204
"""A status, and 200 characters of what was said with it."""
HIDDEN = "***"
GIVE_UP_AFTER_S = 86_400
"""For how long a notification is tried, from its first attempt on, where its channel says nothing else."""
_SHORTEST_S, _LONGEST_S = 60, 7 * 86_400


class DeliveryError(Exception):
    """A notification was not delivered.

    `permanent`: no later attempt at any notification can succeed with this configuration. `refused`: the receiver will
    never take this one, but may take others. Else trying again may help, not before `retry_after_s`.
    """

    def __init__(
        self, answer: str, *, permanent: bool = False, refused: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(answer)
        self.answer = answer
        self.permanent = permanent
        self.refused = refused
        self.retry_after_s = retry_after_s


class Taken:
    """Parts of notifications that receivers have taken, where one notification takes several requests.

    In memory, bounded: a part may be sent again after a restart, and the receiver knows it by its key.
    """

    def __init__(self) -> None:
        self._parts: OrderedDict[str, set[str]] = OrderedDict()

    def of(self, identity: str) -> set[str]:
        """The parts of a notification that were taken; the caller adds to them."""
        found = self._parts.setdefault(identity, set())
        self._parts.move_to_end(identity)
        while len(self._parts) > _REMEMBERED:
            self._parts.popitem(last=False)
        return found

    def forget(self, identity: str) -> None:
        """All of it was taken."""
        self._parts.pop(identity, None)


@dataclass(frozen=True, slots=True)
class Outward:
    """What a delivery goes out with: the HTTP client, whether private addresses may be reached, the page's address
    (without a slash at its end; None if nobody said it), and the longest wait for an answer in seconds."""

    client: httpx.AsyncClient
    allow_private: bool = False
    page: str | None = None
    timeout_s: float = 10.0
    taken: Taken = field(default_factory=Taken)


class Channel(BaseModel, ABC):
    """One configured channel: its fields are its settings, those of a secret type are told to nobody."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    FOR_PEOPLE: ClassVar[bool] = False
    """Whether messages are read by people, who may acknowledge from them."""
    DESTINATION: ClassVar[tuple[str, ...]] = ()
    """Settings that say where secrets are sent: who changes one must give the secrets again."""
    NOT_GIVEN: ClassVar[tuple[str, ...]] = ()
    """Settings that nobody gives: other deeds make them."""
    give_up_after_s: int | None = Field(
        default=None,
        ge=_SHORTEST_S,
        le=_LONGEST_S,
        description=f"{_SHORTEST_S} to {_LONGEST_S} (seven days), seconds; else {GIVE_UP_AFTER_S}, a day",
    )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Check a configuration; `InvalidInput` names what is wrong with it, without telling secrets."""
        try:
            return cls.model_validate(cls._given(config))
        except ValidationError as error:
            refusal = cls._refusal(error.errors())
        raise refusal

    @classmethod
    def check_change(cls, config: dict[str, Any]) -> None:
        """The same of a configuration for a channel that is there, which keeps the secrets that are not given."""
        refusal = None
        kept = cls.secrets() - config.keys()  # that they are missing is no fault
        try:
            cls.model_validate(cls._given(config))
        except InvalidInput as error:
            refusal = None if error.field in kept else error
        except ValidationError as error:
            left = [one for one in error.errors() if one["loc"][0] not in kept]
            refusal = cls._refusal(left) if left else None
        if refusal is not None:
            raise refusal

    @classmethod
    def _given(cls, config: dict[str, Any]) -> dict[str, Any]:
        """The configuration without what says nothing."""
        return config

    @classmethod
    def _refusal(cls, faults: list[ErrorDetails]) -> InvalidInput:
        # A name that is not known tells more than what is missing for want of it.
        fault = min(faults, key=lambda one: one["type"] != "extra_forbidden")
        name = str(fault["loc"][0])
        known = cls.model_fields.get(name)
        if known is None:
            return InvalidInput(name, HIDDEN, f"only {', '.join(cls.model_fields)}")
        value: object = None if fault["type"] == "missing" else fault["input"]
        if name in cls.secrets() and value is not None:
            value = HIDDEN
        if fault["type"] == "value_error":
            return InvalidInput(name, value, str(fault["ctx"]["error"]))
        return InvalidInput(name, value, known.description or str(fault["msg"]))

    @classmethod
    def secrets(cls) -> frozenset[str]:
        """Names of the settings that are secret."""
        return frozenset(name for name, found in cls.model_fields.items() if "SecretStr" in str(found.annotation))

    @classmethod
    def settings_schema(cls) -> dict[str, Any]:
        """JSON Schema (draft 2020-12) of the settings that people give; secrets are `writeOnly`."""
        found = cls.model_json_schema()
        properties = found["properties"]
        properties["give_up_after_s"] = properties.pop("give_up_after_s")  # what all have comes last
        for name in cls.NOT_GIVEN:
            del properties[name]
        for name in cls.secrets() & properties.keys():
            properties[name]["writeOnly"] = True
        return {"required": [], **found, "properties": properties}

    def config(self) -> dict[str, Any]:
        """What is stored: settings that say nothing are left out."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in values.items()
            if value is not None
        }

    async def deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        """Deliver once; the receiver's answer in a few words, or a `DeliveryError`. Neither holds a secret.

        `identity` is the idempotency key: the same for every attempt at one notification. `body` is as webhooks get it.
        """
        hidden = [*self._hidden(), *_pieces_of_links(body)]
        placed = with_page(body, outward.page)
        try:
            return _shown(await self._deliver(outward, identity, placed, now_s), hidden)
        except DeliveryError as error:
            error.answer = _shown(error.answer, hidden)
            error.args = (error.answer,)
            raise

    @abstractmethod
    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        """The same, by each kind's own way."""

    def _hidden(self) -> list[str]:
        """What receivers may repeat of secrets: of a secret URL also its path, and what is long in it."""
        found = []
        for name in type(self).secrets():
            value = getattr(self, name)
            if not isinstance(value, SecretStr):
                continue
            secret = value.get_secret_value()
            _, scheme, rest = secret.partition("://")
            path = rest.partition("/")[2] if scheme else ""
            pieces = [one for one in re.split(r"[/?&=#]", path) if len(one) >= _SHORTEST_PIECE]
            found += [one for one in (secret, path, *pieces) if len(one) >= _SHORTEST_HIDDEN]
        return found


def give_up_after_s(config: dict[str, Any]) -> float:
    """For how long notifications of a channel with this stored configuration are tried."""
    said = config.get("give_up_after_s")
    return float(said) if isinstance(said, int) else float(GIVE_UP_AFTER_S)


def _pieces_of_links(body: dict[str, Any]) -> list[str]:
    """Links that act, and their tokens: whoever reads the answer may not act."""
    links = [str(link) for link in (body.get("links") or {}).values()]
    return [*links, *(link.rpartition("/")[2] for link in links)]


def _shown(answer: str, hidden: list[str]) -> str:
    """The beginning of an answer, without what nobody is told; hidden before it is cut."""
    for one in sorted(hidden, key=len, reverse=True):
        answer = answer.replace(one, HIDDEN)
    return answer if len(answer) <= _MOST_SHOWN else answer[:_MOST_SHOWN]
