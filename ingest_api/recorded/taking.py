"""Taking: from a recorded message to one of the log, or to a reject that says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingest_api.intake.arrow_rows import EPOCH, SEQ
from ingest_api.intake.bodies import JSON
from ingest_api.intake.known_models import KnownModels
from ingest_api.intake.model_reports import (
    LARGEST,
    Desk,
    Report,
    check_type,
    take_features,
    take_metrics,
    take_outcomes,
)
from ingest_api.intake.samples import Limits
from ingest_api.tokens import TokenCache
from vedette.auth.scopes import Principal
from vedette.auth.tokens import API_PREFIX
from vedette.errors import InvalidInput, NotAllowed, NotAuthenticated, NotFound, TooLarge, VedetteError
from vedette.events.recorded import Recorded, decode_recorded
from vedette.log import Message, Record
from vedette.telemetry import get_logger

_ITS_FAULT = (InvalidInput, NotAllowed, NotAuthenticated, NotFound, TooLarge)
_MOST_NAMED = 20
"""Refused columns or rows that a reason names."""
_LONGEST_REASON = 2_000


@dataclass(slots=True)
class Verdict:
    """What becomes of a message: what goes on (None: nothing), how many values that is, and what is refused of it.

    `data` is what a reject keeps, and never holds the token.
    """

    message: Message | None = None
    values: int = 0
    reason: str | None = None
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes messages as the intake takes requests. Times are counted from when the log got a message: neither a gateway
    that was away nor a second reading changes what is taken."""

    tokens: TokenCache
    known: KnownModels
    past_ms: int
    future_ms: int

    def take(self, record: Record) -> Verdict:
        """What becomes of `record`. Blocks. Raises `Unavailable` or `StoreRefused` while the database is away: no
        message is to blame then."""
        found = Verdict()
        try:
            recorded = decode_recorded(record.value)
            if len(recorded.body) > LARGEST:
                raise TooLarge("the body", LARGEST)
            found.data = recorded.body
            report = self._report(recorded, record.time_ms)
        except _ITS_FAULT as error:
            found.reason = str(error)
        except VedetteError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours with one message must not stop all others
            # Only its kind: what its text repeats is not known.
            get_logger("recorded").error("message_failed", offset=record.offset, error=type(error).__name__)
            found.reason = f"it could not be taken: {type(error).__name__}"
        else:
            found.message, found.values = report.message, report.values
            found.reason, found.data = left_out(report.answer), b""
        return found

    def _report(self, recorded: Recorded, at_ms: int) -> Report:
        principal = self._principal(recorded.token)
        principal.need("ingest")
        desk = Desk(principal, self.known, Limits(at_ms - self.past_ms, at_ms + self.future_ms), at_ms)
        media_type = recorded.type.partition(";")[0].strip().lower()
        if recorded.kind == "features":
            return take_features(recorded.body, media_type, {EPOCH: recorded.epoch, SEQ: str(recorded.seq)}, desk)
        check_type(media_type, (JSON,))
        return (take_outcomes if recorded.kind == "outcomes" else take_metrics)(recorded.body, desk)

    def _principal(self, token: str) -> Principal:
        if not token.startswith(API_PREFIX):
            raise NotAuthenticated("this needs an API token")
        return self.tokens.cached(token) or self.tokens.look_up(token)


def body_of(record: Record) -> bytes:
    """What a reject keeps of a message that was taken, but that the log does not take."""
    return decode_recorded(record.value).body


def left_out(answer: dict[str, Any]) -> str | None:
    """What of a message that was taken was not, in words, from what HTTP would have answered; None if all was taken."""
    refused = answer["refused"]
    if isinstance(refused, dict):
        named = [f"{column}: {reason}" for column, reason in refused.items()]
    else:
        named = [f"row {one['row']}: {one['reason']}" for one in refused]
    count = answer.get("refused_rows", answer.get("refused_values", len(named)))
    words = []
    if answer.get("late"):
        words.append(f"{answer['late']} rows whose times are beyond what is taken")
    words += named[:_MOST_NAMED]
    if count > _MOST_NAMED:
        words.append(f"{count - _MOST_NAMED} more")
    return f"taken, but for: {'; '.join(words)}"[:_LONGEST_REASON] if words else None
