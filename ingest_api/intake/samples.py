"""Samples intake: sample batches into packed ones, refusing as little as possible."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest_api.intake.budget import LayoutBudget
from ingest_api.intake.items import Rejects, read_items
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, NotAllowed
from vedette.events.codec import invalid
from vedette.events.names import canonical
from vedette.events.samples import PackedSamples, Packer, SampleBatch, check_batch

_one = msgspec.json.Decoder(SampleBatch)
_many = msgspec.json.Decoder(list[SampleBatch])


@dataclass(frozen=True, slots=True)
class Limits:
    """The oldest and newest times that are taken (ms UTC)."""

    oldest_ms: int
    newest_ms: int


class SamplesIntake:
    """Turns bodies into packed batches. Keeps the layouts it has seen."""

    def __init__(self) -> None:
        self._packer = Packer()
        self._budget = LayoutBudget()

    def read(
        self, body: bytes, media_type: str, principal: Principal, limits: Limits, rejects: Rejects
    ) -> tuple[list[PackedSamples], int]:
        """Batches for the log, and how many values they hold. What is refused is noted in `rejects`."""
        packed: list[PackedSamples] = []
        values = 0
        for index, item in read_items(body, media_type, _one, _many, rejects):
            try:
                batch = item if isinstance(item, SampleBatch) else salvage(index, item, rejects)
                packed.append(self._packed(index, batch, principal, limits, rejects))
                values += len(batch.values)
            except InvalidInput as error:
                rejects.add(index, error)
            except NotAllowed as error:
                rejects.add(index, InvalidInput("source", batch.source, str(error)))
        return packed, values

    def _packed(
        self, index: int, batch: SampleBatch, principal: Principal, limits: Limits, rejects: Rejects
    ) -> PackedSamples:
        check_batch(batch, limits.oldest_ms, limits.newest_ms)
        principal.need_subject("source", batch.source)
        try:
            packed = self._packer.pack(batch, principal.account)
        except InvalidInput:
            _drop_bad(index, batch, rejects)
            packed = self._packer.pack(batch, principal.account)
        self._budget.spend(principal.account, batch.source, packed.layout, limits.newest_ms)
        return packed


def salvage(index: int, item: Any, rejects: Rejects) -> SampleBatch:
    """The batch in `item` without the values that cannot be read; `InvalidInput` if the rest is no batch."""
    if not isinstance(item, dict):
        raise InvalidInput("body", item, "an object with source, epoch, seq, ts and values")
    values = item.get("values")
    if isinstance(values, dict):
        good = {name: value for name, value in values.items() if _is_number(value)}
        bad = {name: value for name, value in values.items() if name not in good}
        for name, value in bad.items():
            rejects.add(index, InvalidInput(f'values["{name[:60]}"]', value, "a finite number"))
        item = {**item, "values": good}
        if isinstance(item.get("kinds"), dict):
            item["kinds"] = {name: kind for name, kind in item["kinds"].items() if name not in bad}
    try:
        return msgspec.convert(item, SampleBatch)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise invalid(error, item) from error


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _drop_bad(index: int, batch: SampleBatch, rejects: Rejects) -> None:
    """Take the values and kinds out that the packer refuses, and note each; `InvalidInput` if no value is left."""
    for name in batch.kinds.keys() - batch.values.keys():
        rejects.add(index, InvalidInput(f'kinds["{name[:60]}"]', batch.kinds.pop(name), "a name that stands in values"))
    seen: set[str] = set()
    for name, value in list(batch.values.items()):
        error = _fault(name, value, seen)
        if error is not None:
            rejects.add(index, error)
            del batch.values[name]
            batch.kinds.pop(name, None)
    if not batch.values:
        raise InvalidInput("values", {}, "at least one good value")


def _fault(name: str, value: float, seen: set[str]) -> InvalidInput | None:
    field = f'values["{name[:60]}"]'
    try:
        whole = canonical(name)
    except InvalidInput as error:
        return InvalidInput(field, error.value, error.allowed)
    if not -float("inf") < value < float("inf"):
        return InvalidInput(field, value, "a finite number")
    if whole in seen:
        return InvalidInput(field, name, "each series once in a batch")
    seen.add(whole)
    return None
