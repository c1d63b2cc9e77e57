"""`vedette_client` against the real gateway, for what that has already."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.integration.gateway.server import PASSWORD, Gateway, Tail
from tests.patience import PATIENCE_S
from vedette.events.features import decode_batch
from vedette.events.outcomes import is_outcomes
from vedette.events.topics import FEATURES
from vedette.windows.quality_config import values_of
from vedette_client import Recorder, VedetteClient
from vedette_client.errors import InvalidInput, NotAllowed, NotAuthenticated


def test_a_user_signs_in_and_sees_alerts_and_the_session_is_renewed(gateway: Gateway) -> None:
    with VedetteClient(gateway.url, email=gateway.ours.email, password=PASSWORD) as client:
        client.login()
        assert client.alerts() == []
        gateway.clock.advance(3600)  # the access token has ended, the session has not
        assert client.alerts("firing", limit=5) == []


def test_a_token_sees_alerts(gateway: Gateway) -> None:
    with VedetteClient(gateway.url, gateway.ours.tokens["read"]) as client:
        assert client.alerts() == []


def test_the_gateway_s_problems_are_errors_of_the_tree(gateway: Gateway) -> None:
    stranger = VedetteClient(gateway.url, email=gateway.ours.email, password="wrong")
    with stranger, pytest.raises(NotAuthenticated, match="password is wrong"):
        stranger.alerts()
    sender = VedetteClient(gateway.url, gateway.ours.tokens["ingest"])
    with sender, pytest.raises(NotAllowed):
        sender.alerts()
    reader = VedetteClient(gateway.url, gateway.ours.tokens["read"])
    with reader, pytest.raises(InvalidInput, match="limit") as raised:
        reader.alerts(limit=0)
    assert raised.value.errors[0]["field"]


def test_a_recorder_whose_token_is_unknown_says_so(gateway: Gateway) -> None:
    with Recorder(gateway.url, "vdt_unknown", model="m") as recorder:
        recorder.record({"a": 1})
    assert recorder.counters.rejected == 1
    assert recorder.last_error is not None


@pytest.mark.parametrize("encoding", ["json", "arrow"])
def test_a_model_is_registered_given_a_reference_and_fed(fresh: Gateway, encoding: Literal["json", "arrow"]) -> None:
    rows = [{"age": 20 + n % 50, "plan": "ab"[n % 2]} for n in range(300)]
    with VedetteClient(fresh.url, fresh.ours.tokens["admin"]) as client:
        model = client.models.register("churn", window_s=60)["id"]
        assert [found["name"] for found in client.models.list()] == ["churn"]
        made = client.references.upload(model, rows)
        assert (made["rows"], [feature["name"] for feature in made["features"]]) == (300, ["age", "plan"])
        assert [found["id"] for found in client.references.list(model)] == [made["id"]]
    tail = Tail(fresh.log, FEATURES.name)
    now = fresh.clock.now_ms()
    with Recorder(fresh.url, fresh.ours.tokens["ingest"], model="churn", encoding=encoding) as recorder:
        for row in rows:
            recorder.record(row, prediction=0.5, id="x", ts=now)
        recorder.flush(PATIENCE_S)
    assert recorder.counters.sent == 300
    batches = [decode_batch(record.value) for record in tail.read()]
    assert sum(len(batch.ts) // 8 for batch in batches) == 300
    assert {column.name for batch in batches for column in batch.columns} == {"age", "plan", "prediction"}


def test_outcomes_of_a_recorder_are_taken(fresh: Gateway) -> None:
    with VedetteClient(fresh.url, fresh.ours.tokens["admin"]) as client:
        assert client.models.register("churn", task="classification", positive="yes")["task"] == "classification"
    tail = Tail(fresh.log, FEATURES.name)
    with Recorder(fresh.url, fresh.ours.tokens["ingest"], model="churn") as recorder:
        recorder.record_outcome("req-17", "yes", ts=fresh.clock.now_ms())
        recorder.record_outcome(18, "no", ts=fresh.clock.now_ms())
        recorder.flush(PATIENCE_S)
    assert (recorder.counters.sent, recorder.last_error) == (2, None)
    batches = [decode_batch(record.value) for record in tail.read()]
    assert all(is_outcomes(batch) for batch in batches)
    assert [name for batch in batches for name in batch.ids or []] == ["req-17", "18"]
    assert [value for batch in batches for value in values_of(batch.columns[0])] == ["yes", "no"]
