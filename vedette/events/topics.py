"""The topics of the event log."""

from __future__ import annotations

from dataclasses import dataclass

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS


@dataclass(frozen=True, slots=True)
class Topic:
    """A named stream of messages: what its key is, and how long it is kept."""

    name: str
    key: str
    retention_ms: int


SAMPLES = Topic("vedette.samples", "source", 24 * _HOUR_MS)
CHECKS = Topic("vedette.checks", "monitor", 24 * _HOUR_MS)
PINGS = Topic("vedette.pings", "monitor", 24 * _HOUR_MS)
FEATURES = Topic("vedette.features", "model", 24 * _HOUR_MS)
RECORDED = Topic("vedette.recorded", "model", 72 * _HOUR_MS)
"""What clients of models write themselves, on its way to `FEATURES`: the only topic that others than ours write to."""
REALTIME = Topic("vedette.realtime", "session", 10 * _MINUTE_MS)
SIGNALS = Topic("vedette.signals", "subject", 24 * _HOUR_MS)
ALERTS = Topic("vedette.alerts", "alert", 7 * 24 * _HOUR_MS)
CONTROL = Topic("vedette.control", "location", 10 * _MINUTE_MS)
REJECTS = Topic("vedette.rejects", "topic", 7 * 24 * _HOUR_MS)

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (SAMPLES, CHECKS, PINGS, FEATURES, RECORDED, REALTIME, SIGNALS, ALERTS, CONTROL, REJECTS)
}
