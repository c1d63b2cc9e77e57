"""Receivers whose certificates or TLS do not hold: each has a clear reason, may pass, and costs nobody else a thing."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from alerting.channels import CHANNELS, DeliveryError, Outward
from alerting.outward import http_client
from tests.integration.alerting.certificates import Authority
from tests.integration.alerting.protocols import PROTOCOLS, config, strict
from tests.integration.alerting.receiver import Receiver, answer, receiving
from tests.integration.alerting.test_receivers import NOW, body_of
from tests.integration.alerting.working import SECRET, add_channel, rows, step, tell, worker
from vedette.store import alerts, attempts
from vedette.store.pool import Store

KINDS = pytest.mark.parametrize("kind", ["webhook", *sorted(PROTOCOLS)])
Made = Callable[[Authority, Path], ssl.SSLContext]


def old(authority: Authority, folder: Path) -> ssl.SSLContext:
    """Of a server that knows TLS 1.1 at most."""
    context = authority.server()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


FAULTS: dict[str, tuple[Made, str]] = {
    "expired": (lambda ca, _: ca.server(ended=True), "its certificate is not accepted: certificate has expired"),
    "self-signed": (lambda ca, _: ca.server(own=True), "its certificate is not accepted: self-signed certificate"),
    "another host's": (
        lambda ca, _: ca.server(host="127.0.0.9"),
        "its certificate is not accepted: IP address mismatch",
    ),
    "unknown authority": (
        lambda _, folder: Authority(folder, "nobody").server(),
        "its certificate is not accepted: unable to get local issuer certificate",
    ),
    "TLS too old": (old, "no TLS connection: "),
}


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that everybody here trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.trusted))
    return made


async def deliver(kind: str, receiver: Receiver, timeout_s: float = 10.0) -> str | DeliveryError:
    settings = {"url": receiver.url, "secret": SECRET} if kind == "webhook" else config(kind, receiver.url)
    async with http_client(timeout_s, allow_private=True) as client:
        try:
            outward = Outward(client, allow_private=True)
            return await CHANNELS[kind].from_config(settings).deliver(outward, "7", body_of(), NOW)
        except DeliveryError as error:
            return error


@KINDS
def test_a_certificate_that_holds_is_accepted_and_one_that_has_expired_is_told(kind: str, authority: Authority) -> None:
    async def run(tls: ssl.SSLContext) -> str | DeliveryError:
        rule = strict(kind) if kind in PROTOCOLS else lambda request: answer(200)
        async with receiving(rule, tls=tls) as receiver:
            return await deliver(kind, receiver)

    assert isinstance(asyncio.run(run(authority.server())), str)
    error = asyncio.run(run(authority.server(ended=True)))
    assert isinstance(error, DeliveryError)
    assert error.answer == "its certificate is not accepted: certificate has expired"
    assert (error.permanent, error.refused) == (False, False)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_tls_is_told_and_may_pass(fault: str, authority: Authority, tmp_path: Path) -> None:
    made, words = FAULTS[fault]

    async def run() -> None:
        async with receiving(tls=made(authority, tmp_path)) as receiver:
            error = await deliver("webhook", receiver)
            assert isinstance(error, DeliveryError)
            assert error.answer.startswith(words)
            assert (error.permanent, error.refused) == (False, False)
            assert receiver.got == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "no TLS connection"),
        (b"SSH-2.0-x\r\n", "no TLS connection: "),
        (None, "ConnectTimeout: no connection in time"),
    ],
)
def test_a_server_without_tls_and_a_handshake_without_end_are_told(said: bytes | None, words: str) -> None:
    async def run() -> None:
        over = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            if said is None:
                await over.wait()
            else:
                writer.write(said)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        receiver = Receiver(url=f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook")
        error = await deliver("webhook", receiver, 10.0 if said is not None else 0.3)
        over.set()
        server.close()
        assert isinstance(error, DeliveryError)
        assert error.answer.startswith(words) or (said == b"" and error.answer.startswith("ConnectError"))
        assert not error.permanent

    asyncio.run(run())


def test_a_fault_of_one_receivers_certificate_costs_the_other_nothing_and_passes_when_it_is_renewed(
    store: Store, authority: Authority
) -> None:
    async def run() -> None:
        async with receiving() as good, receiving(tls=authority.server(ended=True)) as bad:
            add_channel(store, bad.url, "bad")
            add_channel(store, good.url, "good")
            tell(store)
            assert await step(worker(store)) == 2
            assert [state for state, *_ in rows(store)] == ["pending", "delivered"]
            assert [channel["disabled_reason"] for channel in alerts.channels_of(store, 1)] == [None, None]
        async with receiving(tls=authority.server()) as renewed:
            moved = "UPDATE channels SET config = config || jsonb_build_object('url', %s::text) WHERE name = 'bad'"
            store.execute(moved, renewed.url)
            store.execute("UPDATE notifications SET next_attempt_at = now() WHERE state = 'pending'")
            assert await step(worker(store)) == 1
            assert len(renewed.got) == 1

    asyncio.run(run())
    (alert,) = (row["id"] for row in store.rows("SELECT id FROM alerts"))
    told = attempts.notifications_of(store, alert)
    assert [one["state"] for one in told] == ["delivered", "delivered"]
    assert [one["answer"] for one in told[0]["attempt_log"]] == [
        "its certificate is not accepted: certificate has expired",
        "200 thanks",
    ]
