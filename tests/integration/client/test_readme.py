"""The README's examples do what they say."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx

from tests.integration.client.gateway import Gateway
from vedette.events.recorded import Recorded
from vedette_client import KafkaTransport

README = (Path(__file__).parents[3] / "client" / "README.md").read_text(encoding="utf-8")


def blocks(language: str, gateway: Gateway | None = None) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    if gateway is None:
        return found
    return [block.replace("https://vedette.example", gateway.url).replace("vdt_…", "vdt_x") for block in found]


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code, names)  # the example is the code under test
    return names


def test_the_first_example_sends_a_row_and_its_outcome(gateway: Gateway) -> None:
    run(blocks("python", gateway)[0])
    assert [message.get("actuals") for message in gateway.messages] == [None, [True]]
    assert gateway.column("plan") == ["pro"]


def test_the_service_records_what_it_predicts(gateway: Gateway) -> None:
    service = run(blocks("python", gateway)[1])
    app = service["app"]

    async def serve() -> Any:
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
            return (await client.post("http://service/predict", json={"age": 41, "plan": None})).json()

    assert asyncio.run(serve()) == {"score": 0.5}
    assert gateway.column("age") == [41]
    assert service["recorder"].counters.sent == 1


def test_the_api_s_example_asks_the_gateway(gateway: Gateway) -> None:
    gateway.routes["POST", "/v1/auth/login"] = {"access_token": "a", "refresh_token": "r"}
    gateway.routes["POST", "/v1/models"] = (201, {"id": 3})
    gateway.routes["GET", "/v1/models/3/drift"] = {"features": []}
    gateway.routes["GET", "/v1/alerts"] = {"alerts": []}
    names = run(blocks("python", gateway)[2])
    assert (names["drift"], names["firing"]) == ({"features": []}, [])


def test_the_kafka_example_makes_a_recorder_with_that_transport(gateway: Gateway) -> None:
    names = run(blocks("python", gateway)[3])
    assert isinstance(names["transport"], KafkaTransport)
    names["recorder"].close()
    assert names["recorder"].counters.accepted == 0
    (shown,) = [block for block in blocks("text") if "token" in block]
    assert set(re.findall(r'"(\w+)":', shown)) == set(Recorded.__struct_fields__)


def test_a_message_is_what_the_readme_shows(gateway: Gateway) -> None:
    (shown,) = blocks("json")
    example = json.loads(shown)
    run(
        f"""
from vedette_client import Recorder
with Recorder({gateway.url!r}, "t", model="churn", version="3") as recorder:
    recorder.record({{"age": 41, "plan": "pro"}}, prediction=0.83, id="req-17", ts=1767225600000)
    recorder.record({{"age": float("nan")}}, prediction=0.2, ts=1767225600000)
"""
    )
    (message,) = gateway.messages
    assert list(message) == ["epoch", "seq", "model", "version", "ts", "ids", "columns", "predictions"]
    assert message | {"epoch": example["epoch"]} == example
