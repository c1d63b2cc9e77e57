"""Assertions: what an answer must hold beside its status."""

from probes.assertions.answer import Answer
from probes.assertions.definitions import (
    Assertion,
    BodyAssertion,
    HeaderAssertion,
    JsonAssertion,
    Severity,
    SizeAssertion,
)
from probes.assertions.judging import Assertions, Finding

__all__ = [
    "Answer",
    "Assertion",
    "Assertions",
    "BodyAssertion",
    "Finding",
    "HeaderAssertion",
    "JsonAssertion",
    "Severity",
    "SizeAssertion",
]
