"""The Kafka transport over a producer that the test answers for: what it writes, and what each failure means."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaProducer, errors

import vedette_client
from ingest_api.intake import model_reports
from tests.patience import PATIENCE_S
from tests.unit.client.doubles import Time
from vedette.events.recorded import decode_recorded
from vedette.events.topics import RECORDED
from vedette_client import KafkaTransport, Misuse, Recorder
from vedette_client.errors import Refused, TooLarge, Unavailable, Unreachable
from vedette_client.message import ARROW, JSON, Message
from vedette_client.transports import kafka

TOKEN = "vdt_secret"


class Producer:
    """Keeps what it is given; `faults` are raised by the next calls, by `send` or by what it gave out."""

    made: list[Producer]
    faults: list[tuple[str, Exception]]

    def __init__(self, options: dict[str, Any]) -> None:
        self.options, self.sent, self.closed = options, [], threading.Event()  # type: ignore[var-annotated]
        self.made.append(self)
        self._fail("make")

    def _fail(self, where: str) -> None:
        if self.faults and self.faults[0][0] == where:
            raise self.faults.pop(0)[1]

    def send(self, topic: str, value: bytes, key: bytes) -> Producer:
        self._fail("send")
        self.sent.append((topic, key, value))
        return self

    def get(self, timeout: float) -> None:
        self._fail("get")

    def close(self, timeout: float = 0.0) -> None:
        self.closed.set()


@pytest.fixture
def producers(monkeypatch: pytest.MonkeyPatch) -> type[Producer]:
    """In place of kafka-python's."""
    kind = type("Here", (Producer,), {"made": [], "faults": []})
    monkeypatch.setattr(kafka, "_make", kind)
    return kind


def transport(**options: Any) -> KafkaTransport:
    return KafkaTransport(["one:9092", "two:9092"], TOKEN, **options)


def message(body: bytes = b'{"a":1}', rows: int = 1, kind: str = JSON) -> Message:
    return Message("features", kind, "churn", "3", rows, body, "epoch", 7)


def test_the_gateway_reads_what_is_written(producers: type[Producer]) -> None:
    assert transport().send(message()) == []
    ((topic, key, value),) = producers.made[0].sent
    assert (topic, key) == (RECORDED.name, b"churn")
    found = decode_recorded(value)
    assert (found.token, found.kind, found.type, found.epoch, found.seq) == (TOKEN, "features", JSON, "epoch", 7)
    assert found.body == message().wire()


def test_an_arrow_body_goes_as_it_is(producers: type[Producer]) -> None:
    transport().send(message(b"stream", kind=ARROW))
    found = decode_recorded(producers.made[0].sent[0][2])
    assert (found.body, found.type, found.epoch, found.seq) == (b"stream", ARROW, "epoch", 7)


def test_both_sides_know_the_same_limit_and_topic() -> None:
    assert (model_reports.LARGEST, RECORDED.name) == (kafka.LARGEST, kafka.TOPIC)


def test_an_acknowledgement_is_that_of_all_replicas_and_options_are_passed_on(producers: type[Producer]) -> None:
    given = {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "sasl_plain_password": "p", "ssl_cafile": "ca"}
    transport(timeout_s=2, **given).send(message())
    options = producers.made[0].options
    assert (options["acks"], options["enable_idempotence"], options["allow_auto_create_topics"]) == ("all", True, False)
    assert (options["bootstrap_servers"], options["delivery_timeout_ms"]) == (["one:9092", "two:9092"], 2000)
    assert given.items() <= options.items()
    assert options.keys() <= KafkaProducer.DEFAULT_CONFIG.keys()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.KafkaTimeoutError("late"), Unreachable),
        (errors.NotEnoughReplicasError(), Unreachable),
        (errors.UnknownTopicOrPartitionError(), Unavailable),
        (errors.TopicAuthorizationFailedError(), Unavailable),
        (errors.SaslAuthenticationFailedError(), Unavailable),
        (RuntimeError("a certificate that is being replaced"), Unreachable),
        (errors.MessageSizeTooLargeError(), TooLarge),
        (errors.RecordListTooLargeError(), TooLarge),
        (errors.InvalidTopicError(), Refused),
        (errors.InvalidRecordError(), Refused),
    ],
)
@pytest.mark.parametrize("where", ["make", "send", "get"])
def test_each_failure_is_one_of_the_ports_and_the_next_send_has_another_producer(
    producers: type[Producer], error: Exception, kind: type[Exception], where: str
) -> None:
    producers.faults.append((where, error))
    to = transport()
    with pytest.raises(kind) as caught:
        to.send(message())
    assert type(caught.value) is kind
    assert TOKEN not in str(caught.value)
    assert "one:9092,two:9092" in str(caught.value)
    to.send(message())
    first, second = producers.made
    assert len(second.sent) == 1
    assert where == "make" or first.closed.wait(PATIENCE_S)


def test_what_is_above_the_gateways_limit_goes_in_halves_and_asks_no_broker(producers: type[Producer]) -> None:
    recorder = Recorder(
        model="churn", transport=transport(), clock=Time(), background=False, batch_rows=4, batch_bytes=16 << 20
    )
    for number in range(4):
        recorder.record({"text": [], **{f"t{n}": "x" * 10_000 for n in range(150)}}, id=str(number))
    assert recorder.flush(PATIENCE_S)
    bodies = [decode_recorded(value).body for _, _, value in producers.made[0].sent]
    assert [msgspec.json.decode(body)["ids"] for body in bodies] == [["0", "1"], ["2", "3"]]
    assert max(map(len, bodies)) <= kafka.LARGEST
    assert recorder.counters.sent == 4
    recorder.close()
    assert producers.made[0].closed.is_set()


def test_rows_wait_while_the_brokers_are_away(producers: type[Producer]) -> None:
    producers.faults += [("make", errors.KafkaTimeoutError("no broker")), ("get", errors.KafkaTimeoutError("late"))]
    recorder = Recorder(model="churn", transport=transport(), clock=Time(), background=False)
    recorder.record({"age": 41})
    for reason in ("no broker", "late"):
        assert not recorder.flush(PATIENCE_S)
        assert "does not answer" in str(recorder.last_error)
        assert reason in str(recorder.last_error)
    assert recorder.flush(PATIENCE_S)
    assert recorder.counters.sent == 1
    sent = [decode_recorded(value) for producer in producers.made for _, _, value in producer.sent]
    assert [(one.epoch, one.seq) for one in sent] == [(sent[0].epoch, 1)] * 2, "a second try bears the same identity"
    recorder.close()


def test_a_forked_child_forgets_the_parents_producer_and_ends_nothing(
    producers: type[Producer], monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[Any] = []
    monkeypatch.setattr(kafka, "_LEFT", left)
    to = transport()
    to.send(message())
    to.forked()
    to.send(message())
    parents, own = producers.made
    assert left == [parents]
    assert parents._closed is True  # type: ignore[attr-defined]
    assert len(own.sent) == 1
    to.close()
    assert own.closed.is_set()


@pytest.mark.parametrize("servers", ["", "host", "host:", ":9092", "host:0", "host:99999", [], ["host:9092", "other"]])
def test_addresses_that_are_none_are_refused(servers: Any) -> None:
    with pytest.raises(Misuse, match="bootstrap_servers"):
        KafkaTransport(servers, TOKEN)


@pytest.mark.parametrize("token", ["", "vdt_ö", "vdt a", "vdt\n"])
def test_tokens_that_are_none_are_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(Misuse) as caught:
        KafkaTransport("host:9092", token)
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"topic": "a/b"}, "topic"),
        ({"topic": ""}, "topic"),
        ({"topic": "."}, "topic: '.' is not allowed; allowed: 1 to 249 letters"),
        ({"topic": ".."}, "topic: '..' is not allowed; allowed: 1 to 249 letters"),
        ({"topic": None}, "topic: None is not allowed"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"timeout_s": float("nan")}, "timeout_s: nan is not allowed; allowed: 0.1 to 3600 seconds"),
        ({"timeout_s": 1e-4}, "timeout_s: 0.0001 is not allowed; allowed: 0.1 to 3600 seconds"),
        ({"timeout_s": 1e9}, "timeout_s: 1000000000.0 is not allowed; allowed: 0.1 to 3600 seconds"),
        ({"timeout_s": "5"}, "timeout_s: '5' is not allowed"),
        ({"acks": 1}, "acks"),
        ({"enable_idempotence": False}, "enable_idempotence"),
        ({"value_serializer": str}, "value_serializer"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_options_that_are_not_for_the_user_are_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(Misuse, match=named):
        transport(**options)


def test_without_kafka_python_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kafka", None)
    with pytest.raises(Misuse, match=r"pip install 'vedette-client\[kafka\]'"):
        transport()


def test_kafka_python_is_only_imported_by_who_makes_a_transport() -> None:
    code = "import sys, vedette_client; sys.exit('kafka' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(Path(vedette_client.__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
