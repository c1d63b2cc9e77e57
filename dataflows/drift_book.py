"""The drift book: models and the references that they are compared with, read from the store when they have changed."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import msgspec

from sinks.patience import persist
from vedette.clock import Clock
from vedette.errors import InvalidInput
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.segments import Segments
from vedette.store import models
from vedette.store.pool import Store
from vedette.telemetry import get_logger
from vedette.windows.drift_config import WINDOW_S, DriftConfig, Subject
from vedette.windows.model_metrics import MetricSubject
from vedette.windows.quality_config import QualityConfig, QualitySubject

Reference = tuple[dict[str, FeatureProfile], Segments | None]
FRESH_S = 1.0
_SKEW_MS = 1000
"""How far the clocks of the log and of this process may be apart."""


class DriftBook:
    """Subjects by model and version, at most `FRESH_S` old. While the store is away, whoever asks waits.

    Workers of a flow are threads, and share it.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._lock = threading.Lock()
        self._read_at = -FRESH_S
        self._read_ms = 0
        self._models: dict[int, models.Watched] = {}
        self._references: dict[int, Reference] = {}
        self._subjects: dict[tuple[int, str], Subject | None] = {}

    def find(self, model: int, version: str, since_ms: int = 0) -> Subject | None:
        """What is known of a model's version: compared with the newest reference of its own, else of the model.

        None is the answer only if there was none at `since_ms` (ms UTC, of the log): who gives a reference and at once
        sends rows shall lose none of them.
        """
        with self._lock:
            self._refresh(FRESH_S)
            found = self._known(model, version)
            if found is None and self._read_ms <= since_ms + _SKEW_MS:
                self._refresh(0.0)
                found = self._known(model, version)
            return found

    def quality(self, model: int, since_ms: int = 0) -> QualitySubject | None:
        """How a model's outcomes are compared; None if it is gone or has no task, as of `since_ms` at least."""
        with self._lock:
            self._refresh(FRESH_S)
            if model not in self._models and self._read_ms <= since_ms + _SKEW_MS:
                self._refresh(0.0)
            about = self._models.get(model)
            if about is None or about.config.get("task") is None:
                return None
            return QualitySubject(about.name, msgspec.convert(about.config, QualityConfig))

    def metrics(self, model: int, since_ms: int = 0) -> MetricSubject | None:
        """How a model's metrics are counted; None if it is gone, as of `since_ms` at least."""
        with self._lock:
            self._refresh(FRESH_S)
            if model not in self._models and self._read_ms <= since_ms + _SKEW_MS:
                self._refresh(0.0)
            about = self._models.get(model)
            return None if about is None else MetricSubject(about.name, int(about.config.get("window_s", WINDOW_S)))

    def _known(self, model: int, version: str) -> Subject | None:
        key = (model, version)
        if key not in self._subjects:
            self._subjects[key] = self._subject(model, version)
        return self._subjects[key]

    def _refresh(self, fresh_s: float) -> None:
        now = self._clock.monotonic()
        if now - self._read_at < fresh_s:
            return
        self._read_at, self._read_ms = now, self._clock.now_ms()
        found = persist("models", partial(models.watched, self._store))
        if found != self._models:
            self._models, self._subjects = found, {}
            used = {number for one in found.values() for number in one.newest.values()}
            self._references = {number: known for number, known in self._references.items() if number in used}

    def _subject(self, model: int, version: str) -> Subject | None:
        about = self._models.get(model)
        number = None if about is None else about.newest.get(version, about.newest.get(""))
        if about is None or number is None:
            return None
        if number not in self._references:
            written = persist("reference", partial(models.profiles, self._store, number))
            if written is None:
                return None
            parts = persist("reference", partial(models.segments, self._store, number))
            self._references[number] = self._read(number, written), _segments(number, parts)
        config = msgspec.convert(about.config, DriftConfig)
        profiles, segments = self._references[number]
        if config.segment_only:
            profiles = {name: one for name, one in profiles.items() if name != config.segment_by}
        if segments is not None and not segments.are_of(config.segment_by, config.segments):
            segments = None
        return Subject(about.name, config, number, profiles, segments)

    def _read(self, number: int, written: list[dict[str, object]]) -> dict[str, FeatureProfile]:
        found = {}
        for one in written:
            try:
                profile = FeatureProfile.from_dict(one)
                found[profile.name] = profile
            except InvalidInput as error:  # of another version of Vedette: the other features go on
                get_logger("drift").error("profile_not_understood", reference=number, error=str(error))
        return found


def _segments(number: int, written: dict[str, Any] | None) -> Segments | None:
    if written is None:
        return None
    try:
        return Segments.from_dict(written)
    except InvalidInput as error:  # of another version of Vedette: the whole goes on
        get_logger("drift").error("segments_not_understood", reference=number, error=str(error))
        return None
