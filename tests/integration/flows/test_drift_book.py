"""The drift book: which segments a model's rows are counted by, as its settings and its newest reference say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from dataflows.drift_book import DriftBook
from tests.drift_ledger import PROFILES, SEGMENTS
from vedette.clock import FakeClock
from vedette.store import accounts, models
from vedette.store.pool import Store
from vedette.windows.drift_config import Subject


def subject(store: Store, config: dict[str, Any], segments: dict[str, Any] | None) -> Subject:
    """A model with a reference, as the book knows it."""
    model = models.add(store, accounts.ensure_account(store, "default"), "m", config)
    profiles = [msgspec.json.decode(msgspec.json.encode(profile)) for profile in PROFILES.values()]
    models.add_reference(store, model, "", 400, profiles, segments=segments)
    found = DriftBook(store, FakeClock()).find(model, "")
    assert found is not None
    return found


def test_segments_are_those_of_the_reference(store: Store) -> None:
    found = subject(store, {"segment_by": "plan", "segments": None}, SEGMENTS.to_dict())
    assert found.segments is not None
    assert found.segments.labels == ("a", "b", "other", "missing")
    assert (found.segments.counts["x"] == SEGMENTS.counts["x"]).all()
    assert set(found.profiles) == {"x", "plan"}


def test_a_column_that_is_only_a_segment_is_no_feature(store: Store) -> None:
    found = subject(store, {"segment_by": "plan", "segment_only": True}, SEGMENTS.to_dict())
    assert found.segments is not None
    assert set(found.profiles) == {"x"}


@pytest.mark.parametrize(
    ("config", "segments"),
    [
        ({}, SEGMENTS.to_dict()),
        ({"segment_by": "x"}, SEGMENTS.to_dict()),
        ({"segment_by": "plan", "segments": ["a", "b"]}, SEGMENTS.to_dict()),
        ({"segment_by": "plan"}, None),
        ({"segment_by": "plan"}, {"of": "another version of Vedette"}),
    ],
)
def test_without_the_segments_that_are_asked_for_the_whole_goes_on(
    store: Store, config: dict[str, Any], segments: dict[str, Any] | None
) -> None:
    found = subject(store, config, segments)
    assert found.segments is None
    assert set(found.profiles) == {"x", "plan"}
