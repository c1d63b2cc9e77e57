"""Faults: what kafka-python raises, as errors of this house."""

from __future__ import annotations

from kafka import errors as kafka_errors

from vedette.errors import ConfigurationError, InvalidInput, LogUnavailable, NotFound, TooLarge, VedetteError

_DENIED = (
    kafka_errors.SaslAuthenticationFailedError,
    kafka_errors.UnsupportedSaslMechanismError,
    kafka_errors.IllegalSaslStateError,
    kafka_errors.SecurityDisabledError,
)
_TOO_LARGE = (kafka_errors.MessageSizeTooLargeError, kafka_errors.RecordListTooLargeError)
_SETTINGS = (
    kafka_errors.KafkaConfigurationError,
    kafka_errors.UnsupportedVersionError,
    kafka_errors.UnrecognizedBrokerVersion,
    kafka_errors.InvalidReplicationFactorError,
    kafka_errors.PolicyViolationError,
)


def fault(error: BaseException, where: str, what: str) -> VedetteError:
    """The error of this house that says what `error` means.

    `where` are the brokers, `what` was tried ("the log could not be read"). Whatever is not known to be permanent is
    `LogUnavailable`, for trying again can help and nothing is lost by it.
    """
    if isinstance(error, VedetteError):
        return error
    if isinstance(error, kafka_errors.AuthorizationError):
        allowed = (
            "brokers that let the user of VEDETTE_KAFKA_USERNAME create, describe, read and write Vedette's topics"
        )
        return ConfigurationError("VEDETTE_LOG_URL", where, f"{allowed} ({_text(error)})")
    if isinstance(error, _DENIED):
        allowed = "brokers that accept VEDETTE_KAFKA_SECURITY, VEDETTE_KAFKA_SASL, the user and password given, and"
        return ConfigurationError("VEDETTE_LOG_URL", where, f"{allowed} let it use topics ({_text(error)})")
    if isinstance(error, _TOO_LARGE):
        return TooLarge("a message for the log", _limit())
    if isinstance(error, _SETTINGS):
        return ConfigurationError("VEDETTE_LOG_URL", where, f"brokers of Kafka 3.0 or later ({_text(error)})")
    if isinstance(error, kafka_errors.UnknownTopicOrPartitionError):
        return NotFound(f"a topic is missing on {where}: {_text(error)}")
    if isinstance(error, kafka_errors.InvalidTopicError):
        return InvalidInput("topic", _text(error), "letters, digits, dots, - and _")
    return LogUnavailable(f"Kafka at {where}: {what}: {_text(error)}")


def _limit() -> int:
    from vedette.log.kafka.topics import MAX_MESSAGE_BYTES

    return MAX_MESSAGE_BYTES


def _text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
