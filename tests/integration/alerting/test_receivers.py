"""Channels of other companies against receivers that speak what they document: strict, and in every bad mood."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from alerting.channels import CHANNELS, DeliveryError, Outward, Taken
from alerting.trial import trial_of
from tests.integration.alerting.protocols import KEY, PROTOCOLS, TOKEN, config, strict
from tests.integration.alerting.receiver import Answer, Received, Receiver, answer, receiving

NOW = 1_700_000_000
KINDS = pytest.mark.parametrize("kind", sorted(PROTOCOLS))
NASTY = "<!channel> @everyone *up* \ud83d\ude00 \N{PILE OF POO} & \r\nBcc: a@b.example\0 "


def body_of(event: str = "start", number: int = 1, **more: Any) -> dict[str, Any]:
    title = more.pop("title", "shop is down")
    alert = {
        "id": str(number),
        "rule": "Outage",
        "subject": "monitor:4",
        "title": title,
        "severity": "critical",
        "value": 1.5,
        "started_ms": NOW * 1000,
        "ended_ms": NOW * 1000 if event == "end" else None,
        "acknowledged_by": None,
    }
    return {"id": "7", "event": event, "at_ms": NOW * 1000, "alert": alert, "detail": {}, **more}


def deliver(
    kind: str, rule: Callable[[Received], Answer], body: dict[str, Any], timeout_s: float = 10, tries: int = 1
) -> tuple[str | DeliveryError, Receiver]:
    async def run() -> tuple[str | DeliveryError, Receiver]:
        async with receiving(rule) as receiver, httpx.AsyncClient(timeout=timeout_s, trust_env=False) as client:
            outward = Outward(client, allow_private=True, page="https://vedette.example", taken=Taken())
            channel = CHANNELS[kind].from_config(config(kind, receiver.url))
            found: str | DeliveryError = ""
            for _ in range(tries):
                try:
                    found = await channel.deliver(outward, "7", body, NOW)
                except DeliveryError as error:
                    found = error
            return found, receiver

    return asyncio.run(run())


def failure(kind: str, rule: Callable[[Received], Answer], timeout_s: float = 10) -> DeliveryError:
    found, _ = deliver(kind, rule, body_of(), timeout_s)
    assert isinstance(found, DeliveryError)
    return found


LONG = '\N{PILE OF POO}é"\\<&>*' * 5000
BODIES = {
    "start": body_of(),
    "end": body_of("end"),
    "acknowledged": body_of("update", update="acknowledged", detail={"by": "ann@shop.example", "text": "mine"}),
    "given back": body_of("update", update="unacknowledged", detail={"by": "ann@shop.example"}),
    "reminded": body_of("update", update="reminded"),
    "notice": body_of("one-off", detail={"title": "backup done", "body": "two\nlines"}),
    "test": trial_of(1, NOW * 1000)[1],
    "long": body_of(title=LONG, detail={"body": LONG}),
    "nasty": body_of(title=NASTY.encode("utf-16", "surrogatepass").decode("utf-16")),
    "group": {**body_of(), "alerts": [body_of(number=n)["alert"] for n in range(1, 31)]},
}


@KINDS
@pytest.mark.parametrize("body", list(BODIES.values()), ids=list(BODIES))
def test_what_is_sent_is_what_the_receiver_documents(kind: str, body: dict[str, Any]) -> None:
    found, receiver = deliver(kind, strict(kind), body)
    assert isinstance(found, str), found
    assert receiver.got


@KINDS
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_that_is_refused_and_a_place_that_is_gone_are_for_ever(kind: str, status: int) -> None:
    error = failure(kind, lambda request: answer(status, b"no"))
    if (kind, status) == ("slack", 401):
        assert not error.permanent  # nothing that Slack says
    else:
        assert (error.permanent, error.refused) == (True, False)


@KINDS
def test_a_message_that_is_refused_costs_itself_only(kind: str) -> None:
    error = failure(kind, lambda request: answer(400, b"invalid"))
    assert (error.permanent, error.refused) == (False, True)


@KINDS
@pytest.mark.parametrize("status", [301, 302, 307, 408, 429, 500, 502, 503])
def test_what_may_pass_may_pass(kind: str, status: int) -> None:
    found, receiver = deliver(kind, lambda request: answer(status, b"x", Location="/elsewhere"), body_of())
    assert isinstance(found, DeliveryError)
    assert (found.permanent, found.refused) == (False, False)
    assert found.answer.startswith(str(status))
    assert len(receiver.got) == 1


@KINDS
def test_too_many_requests_say_when_to_come_back(kind: str) -> None:
    assert failure(kind, lambda request: answer(429, b"slow down", Retry_After="17")).retry_after_s == 17


@pytest.mark.parametrize(
    ("kind", "body", "wait"),
    [
        ("discord", b'{"message": "limited", "retry_after": 2.5, "global": false}', 2.5),
        ("telegram", b'{"ok":false,"error_code":429,"parameters":{"retry_after":9}}', 9.0),
        ("discord", b'{"retry_after": "soon"}', 3.0),
        ("telegram", b'{"parameters":{"retry_after":-1}}', 3.0),
        ("telegram", b'{"parameters":[]}', 3.0),
        ("discord", b"[" * 4000, 3.0),
    ],
)
def test_the_wait_in_the_body_counts_before_the_header_s(kind: str, body: bytes, wait: float) -> None:
    assert failure(kind, lambda request: answer(429, body, Retry_After="3")).retry_after_s == wait


@pytest.mark.parametrize("kind", ["slack", "telegram", "ntfy", "sms", "pagerduty"])
def test_a_200_of_somebody_else_is_no_success(kind: str) -> None:
    error = failure(kind, lambda request: answer(200, b"<html>Sign in to the hotel's network</html>"))
    assert not error.permanent


@KINDS
@pytest.mark.parametrize("nonsense", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok"])
def test_an_answer_that_is_no_http_may_pass(kind: str, nonsense: bytes) -> None:
    error = failure(kind, lambda request: nonsense)
    assert (error.permanent, error.refused) == (False, False)


@KINDS
def test_a_receiver_that_never_answers_may_pass(kind: str) -> None:
    assert "ReadTimeout" in failure(kind, lambda request: None, timeout_s=0.05).answer


@KINDS
def test_an_answer_without_end_is_not_read_to_its_end(kind: str) -> None:
    head = b"HTTP/1.1 500 No\r\nContent-Length: 1000000000\r\n\r\n"
    assert len(failure(kind, lambda request: head + b"y" * 100_000).answer) <= 210


@KINDS
def test_an_answer_that_repeats_a_secret_is_shown_without_it(kind: str) -> None:
    told = KEY if kind in {"sms", "pagerduty", "opsgenie"} else ""
    told = {"telegram": TOKEN, "ntfy": f"tk_{KEY}"}.get(kind, told)
    error = failure(kind, lambda request: answer(500, f"who is {told or request.path}?".encode()))
    if told:
        assert "***" in error.answer
        assert told not in error.answer + str(error)


def test_what_a_group_has_delivered_is_not_sent_again() -> None:
    body = {**body_of(), "alerts": [body_of(number=n)["alert"] for n in range(1, 31)]}
    seen: list[str] = []

    def rule(request: Received) -> Answer:
        seen.append(request.body["dedup_key"])
        return answer(429, b"later") if len(seen) == 13 else strict("pagerduty")(request)

    found, _ = deliver("pagerduty", rule, body, tries=2)
    assert isinstance(found, str)
    assert len(seen) == 31
    assert len(set(seen)) == 30


def test_an_incident_of_pagerduty_ends_with_its_alert() -> None:
    told = [deliver("pagerduty", strict("pagerduty"), BODIES[name])[1].got[0] for name in ("start", "end")]
    assert [request.body["event_action"] for request in told] == ["trigger", "resolve"]
    assert len({request.body["dedup_key"] for request in told}) == 1


def test_a_number_that_has_unsubscribed_is_for_ever() -> None:
    said = b'{"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}'
    assert failure("sms", lambda request: answer(400, said)).permanent


@pytest.mark.parametrize("kind", ["slack", "teams", "discord"])
@pytest.mark.parametrize("said", ["Cannot POST {path}", "{filler}{path}", "no hook {piece}"])
def test_what_is_secret_in_an_address_is_not_told_when_a_receiver_quotes_a_piece_of_it(kind: str, said: str) -> None:
    def quoting(request: Received) -> Answer:
        piece = request.path.rpartition("/")[2]
        return answer(404, said.format(path=request.path, piece=piece, filler="x" * 230).encode())

    async def run() -> str:
        async with receiving(quoting) as receiver, httpx.AsyncClient(trust_env=False) as client:
            base = "/".join(receiver.url.split("/")[:3])
            url = f"{base}/services/T0000/B0000/s3cr3ts3cr3ts3cr3t"
            channel = CHANNELS[kind].from_config({"webhook_url": url})
            with pytest.raises(DeliveryError) as caught:
                await channel.deliver(Outward(client, allow_private=True), "1", body_of(), NOW)
            return caught.value.answer

    told = asyncio.run(run())
    assert told.startswith("404")
    assert "s3cr3t" not in told
    assert len(told) <= 300
