"""How many partitions topics have, asked of brokers that learn of them one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from vedette.errors import ConfigurationError, LogUnavailable
from vedette.events.topics import TOPICS
from vedette.log.kafka import topics
from vedette.settings import LogSettings

_UNKNOWN, _DENIED = 3, 29


class _Admin:
    """Brokers on which every topic exists; of one, the first answers say that `error` is the matter."""

    def __init__(self, name: str, error: int, answers: int) -> None:
        self._name, self._error, self._answers = name, error, answers
        self.asked = 0

    def list_topics(self) -> list[str]:
        return sorted(TOPICS)

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        self.asked += 1
        behind = self.asked <= self._answers
        return [self._unwell(name) if behind and name == self._name else self._well(name) for name in names]

    def _well(self, name: str) -> dict[str, Any]:
        return {"name": name, "error_code": 0, "partitions": [{}, {}]}

    def _unwell(self, name: str) -> dict[str, Any]:
        return {"name": name, "error_code": self._error, "partitions": []}

    def close(self) -> None:
        """Nothing."""


def _ensure(monkeypatch: pytest.MonkeyPatch, admin: _Admin, every: bool = True) -> dict[str, int]:
    monkeypatch.setattr(topics, "KafkaAdminClient", lambda **_: admin)
    monkeypatch.setattr(topics, "_AGAIN_S", 0.0)
    settings = LogSettings.load(log_url="kafka://broker:9092", kafka_prefix="")
    return topics.ensure_topics({}, settings, "broker:9092", every=every)


def test_a_broker_that_does_not_know_a_new_topic_yet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = _Admin("vedette.samples", _UNKNOWN, 2)
    assert _ensure(monkeypatch, admin) == dict.fromkeys(TOPICS, 2)
    assert admin.asked == 3


def test_a_topic_that_stays_unknown_is_a_log_that_is_not_there_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_PATIENCE_MS", 5)
    with pytest.raises(LogUnavailable, match=r"do not know the partitions of vedette\.samples"):
        _ensure(monkeypatch, _Admin("vedette.samples", _UNKNOWN, 1 << 30))


def test_a_topic_that_may_not_be_described_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"vedette\.samples"):
        _ensure(monkeypatch, _Admin("vedette.samples", _DENIED, 1 << 30))


def test_who_does_not_need_every_topic_does_without_a_hidden_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _ensure(monkeypatch, _Admin("vedette.samples", _DENIED, 1 << 30), every=False)
    assert found == dict.fromkeys(set(TOPICS) - {"vedette.samples"}, 2)
