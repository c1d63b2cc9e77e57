"""The kinds of raw events that are archived: the closed registry. A new kind is one file and one line here."""

from __future__ import annotations

from typing import Any

from vedette.archive.kinds.checks import Checks
from vedette.archive.kinds.features import Features
from vedette.archive.kinds.port import Kind, Stored
from vedette.archive.kinds.realtime import RealtimeFrames
from vedette.archive.kinds.samples import Samples

__all__ = ["CHECKS", "FEATURES", "KINDS", "REALTIME", "SAMPLES", "Kind", "Stored"]

SAMPLES = Samples()
CHECKS = Checks()
REALTIME = RealtimeFrames()
FEATURES = Features()

KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in (SAMPLES, CHECKS, REALTIME, FEATURES)}
"""By name."""
