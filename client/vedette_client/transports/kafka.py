"""Kafka: messages written into the topic from which the gateway takes them, by who has no way to it but a broker.

A message's key is its model's name, so the order of a model's messages is kept. Its value is MessagePack, a map:

    {"token": str, "kind": "features" | "outcomes" | "metrics", "type": str, "epoch": str, "seq": int, "body": bytes}

`body` are the very bytes that HTTP would post, `type` is their content type. The token travels in every message: who
may read the topic can use it. So let nobody read it but Vedette, and write to it over TLS.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from vedette_client.errors import Misuse, Refused, TooLarge, Unavailable, Unreachable, VedetteClientError
from vedette_client.message import Message
from vedette_client.transports.http import checked_token

if TYPE_CHECKING:
    from kafka import KafkaProducer

TOPIC = "vedette.recorded"
LARGEST = 4 << 20
"""Bytes of a body that the gateway takes."""
_OVERHEAD = 8 << 10
_LEAST_S, _MOST_S = 0.1, 3600.0
_CLOSE_S = 5.0
_GRACE_S = 1.0
_OWN = frozenset(
    {
        *("bootstrap_servers", "bootstrap_timeout_ms", "delivery_timeout_ms", "request_timeout_ms", "max_block_ms"),
        *("acks", "enable_idempotence", "transactional_id", "retries", "max_in_flight_requests_per_connection"),
        *("key_serializer", "value_serializer", "partitioner", "linger_ms", "max_request_size"),
        "allow_auto_create_topics",
    }
)
"""Options of kafka-python that what is promised here depends on."""
_LEFT: list[Any] = []
"""Producers of a parent process: to let go of one would end connections that are the parent's."""


class KafkaTransport:
    """Writes each message to a topic, and returns when all in-sync replicas have it.

    `bootstrap_servers` are `host:port`, one or several; `options` are kafka-python's, such as `security_protocol`,
    `ssl_cafile`, `sasl_mechanism`, `sasl_plain_username`, `sasl_plain_password` or `compression_type`. `token` is an
    API token with the scope `ingest`, `timeout_s` from 0.1 to 3600. The brokers are first asked by the first `send`.

    Acknowledged means that the gateway will take the message, not that it did: what it refuses is told to nobody here,
    but stands in the topic `vedette.rejects`.

    Raises `Misuse` if an argument is not allowed, or kafka-python is not installed (the extra `kafka`).
    """

    def __init__(
        self,
        bootstrap_servers: str | Sequence[str],
        token: str,
        *,
        topic: str = TOPIC,
        timeout_s: float = 10.0,
        **options: Any,
    ) -> None:
        self._servers = _servers(bootstrap_servers)
        self._token = checked_token(token)
        self._topic = _topic(topic)
        self._timeout_s = timeout_s = _seconds(timeout_s)
        self._options = _options(options) | {
            "bootstrap_servers": self._servers,
            "acks": "all",
            "enable_idempotence": True,
            "allow_auto_create_topics": False,
            "max_request_size": LARGEST + _OVERHEAD,
            "delivery_timeout_ms": round(timeout_s * 1000),
            "request_timeout_ms": round(timeout_s * 900),
            "max_block_ms": round(timeout_s * 1000),
            "bootstrap_timeout_ms": round(timeout_s * 1000),
        }
        self._producer: KafkaProducer | None = None

    def send(self, message: Message) -> list[str]:
        """Write one message; see the port. The brokers answer within about `timeout_s`, or it may be tried again."""
        body = message.wire()
        if len(body) > LARGEST:
            raise TooLarge(f"{len(body)} bytes are above the {LARGEST} that the gateway takes at once")
        envelope = {
            "token": self._token,
            "kind": message.kind,
            "type": message.content_type,
            "epoch": str(message.epoch),
            "seq": message.seq or 0,
            "body": body,
        }
        try:
            if self._producer is None:
                self._producer = _make(self._options)
            key = message.model.encode(errors="replace")
            sent = self._producer.send(self._topic, value=msgspec.msgpack.encode(envelope), key=key)
            sent.get(timeout=self._timeout_s + _GRACE_S)
        except Exception as error:
            self._let_go()
            raise fault(error, self._where, self._topic) from error
        return []

    @property
    def _where(self) -> str:
        return f"Kafka at {','.join(self._servers)}"

    def _let_go(self) -> None:
        """Drop the producer: one that has failed a message may hold the next ones for ever. The next `send` makes
        another; should this message arrive yet, the gateway knows the second by its identity."""
        broken, self._producer = self._producer, None
        if broken is None:
            return
        try:
            threading.Thread(target=_end, args=(broken, 0.0), name="vedette-kafka-close", daemon=True).start()
        except RuntimeError:  # the program ends, and the producer with it
            _end(broken, 0.0)

    def forked(self) -> None:
        """Forget the parent's producer. It stays in memory, closed for all that this process might do with it."""
        parents, self._producer = self._producer, None
        if parents is not None:
            parents._closed = True  # noqa: SLF001 - else its exit hook would wait for a thread that is not here
            parents.close()  # takes that hook away, and does nothing more
            _LEFT.append(parents)

    def close(self) -> None:
        """End the producer. Nothing is on its way then but what `send` gave up."""
        producer, self._producer = self._producer, None
        if producer is not None:
            _end(producer, _CLOSE_S)


def fault(error: Exception, where: str, topic: str) -> VedetteClientError:
    """The error of this package that says what `error` of kafka-python means.

    Whatever is not known to be permanent is `Unavailable`, also wrong credentials and missing rights: the rows wait, as
    far as there is room, until somebody has put that right.
    """
    from kafka import errors

    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, errors.MessageSizeTooLargeError | errors.RecordListTooLargeError):
        return TooLarge(f"{where} refuses a message of this size: {text}")
    if isinstance(error, errors.InvalidTopicError | errors.InvalidRecordError | errors.PolicyViolationError):
        return Refused(f"{where} refuses the message: {text}")
    if isinstance(error, errors.AuthorizationError):
        return Unavailable(f"{where} does not let this user write to the topic {topic}: {text}")
    if isinstance(error, errors.SaslAuthenticationFailedError | errors.UnsupportedSaslMechanismError):
        return Unavailable(f"{where} does not let this user in: {text}")
    if isinstance(error, errors.UnknownTopicOrPartitionError):
        return Unavailable(f"{where} has no topic {topic}, which a gateway makes at its start: {text}")
    return Unreachable(f"{where} does not answer, or refuses us: {text}")


def _make(options: dict[str, Any]) -> KafkaProducer:
    from kafka import KafkaProducer

    return KafkaProducer(**options)


def _end(producer: KafkaProducer, timeout_s: float) -> None:
    """Close a producer; what it still holds is dropped."""
    with suppress(Exception):
        producer.close(timeout=timeout_s)
        return
    # While it holds messages, close gives up before it has closed anything, and its thread would send them yet.
    with suppress(Exception):
        producer._sender.force_close()  # noqa: SLF001 - there is no other way
        producer._sender.join(_CLOSE_S)  # noqa: SLF001 - the same
        producer.close(timeout=0)


def _servers(given: str | Sequence[str]) -> list[str]:
    found = given.split(",") if isinstance(given, str) else list(given)
    for address in found or [""]:
        host, _, port = address.rpartition(":")
        if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
            raise Misuse(f"bootstrap_servers: {address!r} is not allowed; allowed: host:port, one or several")
    return found


def _topic(given: str) -> str:
    """A name that brokers know a topic by; in theirs it is a folder, so it may not be one of the two that each has."""
    if not isinstance(given, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", given) or given in {".", ".."}:
        allowed = "1 to 249 letters, digits, dots, - and _, but not . or .. alone"
        raise Misuse(f"topic: {given!r} is not allowed; allowed: {allowed}")
    return given


def _seconds(given: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not _LEAST_S <= given <= _MOST_S:
        raise Misuse(f"timeout_s: {given!r} is not allowed; allowed: {_LEAST_S:g} to {_MOST_S:g} seconds")
    return given


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """The user's options; `Misuse` for one that kafka-python does not have, or that is this transport's business."""
    try:
        from kafka import KafkaProducer
    except ModuleNotFoundError as error:
        raise Misuse(f"KafkaTransport needs kafka-python: pip install 'vedette-client[kafka]' ({error})") from error
    for name in given:
        if name in _OWN or name not in KafkaProducer.DEFAULT_CONFIG:
            raise Misuse(
                f"{name}: is not allowed; allowed: kafka-python's options for security, connections and packing"
            )
    return given
