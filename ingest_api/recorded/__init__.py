"""Recorded messages: what clients of models have written into the log themselves, taken as their requests are."""

from __future__ import annotations

from ingest_api.context import Context
from ingest_api.intake.known_models import KnownModels
from ingest_api.recorded.reader import Reader
from ingest_api.recorded.taking import Taker


def make_reader(context: Context, known: KnownModels) -> Reader:
    """The reader of this gateway; it reads nothing before it is started."""
    settings = context.settings
    taker = Taker(context.tokens, known, settings.max_past_s * 1000, settings.max_future_s * 1000)
    return Reader(context.log, context.store, context.clock, taker)
