"""The middleware of the worked example records what is asked and answered, and changes nothing of it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from examples.visits.middleware import RecordPredictions
from tests.unit.client.doubles import Gateway
from vedette_client import Recorder


def served(path: str, content: bytes, headers: dict[str, str] | None = None, **settings: Any) -> tuple[Any, Gateway]:
    """The answer to a request, and what a gateway has heard of it."""
    gateway = Gateway()
    recorder = Recorder(model="m", transport=gateway, background=False)
    app = FastAPI()
    app.add_middleware(RecordPredictions, recorder=recorder, path="/predict", **settings)

    @app.post("/predict")
    async def predict(request: Request) -> Any:
        body = await request.body()
        return {"prediction": 0.5, "read": len(body)} if body != b"{}" else {"reason": "nobody"}

    @app.post("/other")
    def other() -> dict[str, float]:
        return {"prediction": 0.5}

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return await client.post(path, content=content, headers=headers)

    response = asyncio.run(ask())
    recorder.close()
    return response.json(), gateway


def test_a_prediction_is_recorded_with_its_request_and_passes_unchanged() -> None:
    answer, gateway = served("/predict", b'{"age": 41, "plan": null}', {"X-Request-ID": "r-1"})
    assert answer == {"prediction": 0.5, "read": 25}
    (body,) = gateway.bodies
    assert body["columns"] == {"age": [41], "plan": [None]}
    assert (body["predictions"], body["ids"]) == ([0.5], ["r-1"])


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/other", b'{"age": 41}'),
        ("/nowhere", b'{"age": 41}'),
        ("/predict", b"{}"),
        ("/predict", b"[41]"),
        ("/predict", b"{41"),
    ],
    ids=["another route", "no route", "an answer without a prediction", "a list", "no JSON"],
)
def test_what_is_no_prediction_is_not_recorded(path: str, content: bytes) -> None:
    assert served(path, content)[1].bodies == []


@pytest.mark.parametrize(
    ("settings", "sent", "is_taken"),
    [
        ({"time_header": "x-event-time"}, "1700000000000", True),
        ({"time_header": "x-event-time"}, "yesterday", False),
        ({}, "1700000000000", False),
    ],
    ids=["a time", "no time", "not asked for"],
)
def test_a_row_has_the_time_of_the_header_that_is_believed(settings: Any, sent: str, is_taken: bool) -> None:
    _, gateway = served("/predict", b'{"age": 41}', {"X-Event-Time": sent}, **settings)
    assert (gateway.bodies[0]["ts"] == [1_700_000_000_000]) is is_taken
