"""Services through the library apprise: what they get, what is told of them, and where they are held back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from alerting.channels import CHANNELS, DeliveryError, Outward
from alerting.channels.apprise import AT_ONCE_A_PLACE, Threads
from alerting.trial import trial_of
from tests.integration.alerting.receiver import OK, Answer, Received, Receiver, answer, receiving
from tests.patience import PATIENCE_S
from vedette.errors import InvalidInput

NOW_MS = 1_700_000_000_000
KEY = "geheim0123456789"
ACKNOWLEDGE = "https://vedette.example/act/7"


def deliver(
    rule: Callable[[Received], Answer] = lambda request: OK,
    *,
    url: str | None = None,
    allow_private: bool = True,
    event: str = "start",
    timeout_s: float = 10,
) -> tuple[str | DeliveryError, Receiver]:
    """Deliver to `url`, or to a receiver through the scheme `json`."""

    async def run() -> tuple[str | DeliveryError, Receiver]:
        async with receiving(rule) as receiver, httpx.AsyncClient(trust_env=False) as client:
            ours = receiver.url.replace("http://", "json://") + f"/{KEY}"
            channel = CHANNELS["apprise"].from_config({"apprise_url": url or ours})
            identity, body = trial_of(1, NOW_MS)
            body |= {"event": event, "links": {"acknowledge": ACKNOWLEDGE}}
            outward = Outward(client, allow_private, "https://vedette.example", timeout_s)
            try:
                return await channel.deliver(outward, identity, body, NOW_MS // 1000), receiver
            except DeliveryError as error:
                return error, receiver

    return asyncio.run(run())


def failure(*given: Any, **more: Any) -> DeliveryError:
    found, _ = deliver(*given, **more)
    assert isinstance(found, DeliveryError)
    assert (found.permanent, found.refused) == (False, False)
    return found


@pytest.mark.parametrize(("event", "kind"), [("start", "failure"), ("end", "success"), ("one-off", "info")])
def test_a_service_gets_the_words_and_the_state(event: str, kind: str) -> None:
    found, receiver = deliver(event=event)
    assert found == "taken by JSON"
    (request,) = receiver.got
    assert request.path == f"/hook/{KEY}"
    assert request.body["title"].endswith(": A test of this channel")
    assert "Nothing has happened" in request.body["message"]
    assert f"https://vedette.example/#/alerts/test-1-{NOW_MS}" in request.body["message"]
    assert f"Acknowledge: {ACKNOWLEDGE}" in request.body["message"]
    assert request.body["type"] == kind


@pytest.mark.parametrize("status", [401, 404, 500])
def test_what_the_service_refuses_is_tried_again_and_told_without_secrets(status: int) -> None:
    error = failure(lambda request: answer(status, f"who is {KEY}?".encode()))
    assert f"error={status}" in error.answer
    assert KEY not in error.answer + str(error)


def test_a_service_that_hangs_up_is_tried_again() -> None:
    assert KEY not in failure(lambda request: b"").answer


def test_a_service_that_never_answers_is_waited_for_no_longer_than_for_others() -> None:
    # The receiver answers once the channel has given up, so that the thread ends with the test.
    given_up = asyncio.Event()

    async def run() -> DeliveryError:
        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await given_up.wait()
            writer.close()

        server = await asyncio.start_server(slow, "127.0.0.1", 0)
        async with server, httpx.AsyncClient(trust_env=False) as client:
            port = server.sockets[0].getsockname()[1]
            channel = CHANNELS["apprise"].from_config({"apprise_url": f"json://127.0.0.1:{port}/{KEY}"})
            identity, body = trial_of(1, NOW_MS)
            with pytest.raises(DeliveryError) as caught:
                await channel.deliver(Outward(client, True, None, 0.05), identity, body, NOW_MS // 1000)
            given_up.set()
            await asyncio.get_running_loop().shutdown_default_executor()
            return caught.value

    assert not asyncio.run(run()).permanent


@pytest.mark.parametrize(
    "url",
    [
        f"json://127.0.0.1:9/{KEY}",
        f"json://localhost:9/{KEY}",
        f"json://[::1]:9/{KEY}",
        f"jsons://10.0.0.1/{KEY}",
        f"gotify://169.254.169.254/{KEY}",
        f"mailto://ann:{KEY}@shop.example?smtp=localhost&from=ann@shop.example",
    ],
)
def test_private_addresses_are_not_connected_to_unless_it_is_allowed(url: str) -> None:
    assert "VEDETTE_ALLOW_PRIVATE" in failure(url=url, allow_private=False).answer


def test_a_receiver_on_a_private_address_hears_nothing() -> None:
    found, receiver = deliver(allow_private=False)
    assert isinstance(found, DeliveryError)
    assert receiver.got == []


def test_a_parameter_that_names_a_file_of_this_host_reads_none() -> None:
    url = f"discord://4174216298/{KEY}?template={__file__}"
    assert failure(url=url).answer == "files of this host are not for channels"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"nonsense {KEY}", "an apprise URL"),
        (f"nobody://{KEY}", "that the library knows"),
        (f"slack://{KEY}", "that the library knows"),
        (f"json://{KEY}\n", "an apprise URL"),
        ("json://" + KEY * 500, "at most 4000 characters"),
        *[(f"{scheme}://{KEY}", "elsewhere") for scheme in ("dbus", "gnome", "windows", "macosx", "SYSLOG", "blink1")],
        (f"file:///{KEY}", "that the library knows"),
        (f"vapid://ann@shop.example?keyfile=/{KEY}", "without files"),
        (f"fcm://project/device/?a=b&keyfi%6Ce=/{KEY}", "without files"),
    ],
)
def test_what_is_no_such_url_is_refused_untold(url: str, told: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InvalidInput) as caught:
        CHANNELS["apprise"].from_config({"apprise_url": url})
    assert caught.value.field == "apprise_url"
    assert told in str(caught.value)
    assert KEY not in str(caught.value) + caplog.text


def test_a_service_that_never_comes_to_an_end_takes_few_threads_and_others_go_on() -> None:
    release = threading.Event()

    async def run() -> tuple[list[object], str]:
        threads = Threads()
        stuck = [asyncio.create_task(threads.run("a", lambda: str(release.wait(60)))) for _ in range(AT_ONCE_A_PLACE)]
        await asyncio.sleep(0)
        for task in stuck:  # nobody waits for them any more
            task.cancel()
        ended = await asyncio.gather(*stuck, return_exceptions=True)
        with pytest.raises(DeliveryError, match="busy"):
            await threads.run("a", lambda: "a")
        other = await threads.run("b", lambda: "b")
        release.set()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return ended, other + await threads.run("a", lambda: "a")
                except DeliveryError:
                    await asyncio.sleep(0.01)

    ended, said = asyncio.run(run())
    assert all(isinstance(one, asyncio.CancelledError) for one in ended)
    assert said == "ba"
