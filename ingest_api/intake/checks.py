"""Checks intake: check results into messages of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ingest_api.intake.items import Rejects, read_items
from ingest_api.intake.samples import Limits
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, NotAllowed
from vedette.events.checks import HEARTBEAT, CheckResult, check_result
from vedette.events.codec import encode_json, invalid
from vedette.log import Message

_one = msgspec.json.Decoder(CheckResult)
_many = msgspec.json.Decoder(list[CheckResult])


def read_checks(
    body: bytes,
    media_type: str,
    principal: Principal,
    limits: Limits,
    known: Callable[[int], bool],
    rejects: Rejects,
) -> list[Message]:
    """Messages for the log. `known` tells whether a monitor is the account's. Refused results go into `rejects`."""
    messages: list[Message] = []
    for index, item in read_items(body, media_type, _one, _many, rejects):
        try:
            result = item if isinstance(item, CheckResult) else _convert(item)
            check_result(result, limits.oldest_ms, limits.newest_ms)
            if not known(result.monitor):
                raise InvalidInput("monitor", result.monitor, "a monitor of this account")
            if result.location == HEARTBEAT:
                raise InvalidInput("location", result.location, "any other name: this one is for what jobs ping")
            principal.need_subject("location", result.location)
            result.account = principal.account
            messages.append(Message(str(result.monitor).encode(), encode_json(result)))
        except InvalidInput as error:
            rejects.add(index, error)
        except NotAllowed as error:
            rejects.add(index, InvalidInput("location", result.location, str(error)))
    return messages


def _convert(item: Any) -> CheckResult:
    try:
        return msgspec.convert(item, CheckResult)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise invalid(error, item) from error
