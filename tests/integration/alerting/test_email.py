"""Email through a real SMTP server: TLS, signing in, threads, and every refusal."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from alerting.channels import DeliveryError, Outward
from alerting.channels.email import Email
from tests.integration.alerting.test_receivers import BODIES, NOW, body_of
from vedette.errors import InvalidInput

PASSWORD = "a password of the server"
CONFIG = {"sender": "alerts@shop.example", "to": ["ann@shop.example", "bob@shop.example"]}


class Mailbox:
    """An SMTP server's handler: keeps mails, or answers as told."""

    def __init__(self, data: str = "250 kept", refuse: dict[str, str] | None = None) -> None:
        self.data = data
        self.refuse = refuse or {}
        self.got: list[tuple[Envelope, EmailMessage]] = []
        self.encrypted: list[bool] = []

    async def handle_RCPT(  # noqa: N802 - the server's own name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        content = envelope.content
        assert isinstance(content, bytes)
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        self.got.append((envelope, message_from_bytes(content, EmailMessage, policy=policy.default)))
        return self.data


class Listening(Controller):
    """On a port that the system chooses; stopping, it closes its connections, which the library does not."""

    def factory(self) -> SMTP:
        found = super().factory()
        assert isinstance(found, SMTP)
        self.sessions.append(found)
        return found

    def start(self) -> None:
        self.sessions: list[SMTP] = []
        super().start()

    async def _hang_up(self) -> None:
        for session in self.sessions:
            if session.transport is not None:
                session.transport.abort()
        await asyncio.sleep(0.05)

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(10)
        super().stop(no_assert)

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def _signs_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, found: Any) -> AuthResult:
    good = isinstance(found, LoginPassword) and (found.login, found.password) == (b"vedette", PASSWORD.encode())
    return AuthResult(success=good, handled=good)


@contextmanager
def serving(mailbox: Mailbox, security: str = "none", folder: Path | None = None) -> Iterator[int]:
    context = None
    if folder is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "cert", folder / "key")
    options: dict[str, Any] = {}
    if security == "starttls":
        options = {"tls_context": context, "require_starttls": True}
    if security != "none":
        options |= {"authenticator": _signs_in, "auth_required": True, "auth_require_tls": security == "starttls"}
    controller = Listening(
        mailbox, hostname="127.0.0.1", port=0, ssl_context=context if security == "tls" else None, **options
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def mail(port: int, body: dict[str, Any], identity: str = "7", timeout_s: float = 10, **config: Any) -> str:
    async def run() -> str:
        async with httpx.AsyncClient(trust_env=False) as client:
            outward = Outward(client, allow_private=True, page="https://vedette.example", timeout_s=timeout_s)
            channel = Email.from_config({"host": "localhost", "port": port, "security": "none", **CONFIG, **config})
            try:
                return await channel.deliver(outward, identity, body, NOW)
            finally:
                await asyncio.sleep(0.05)  # TLS says goodbye behind our back, as long as there is a loop

    return asyncio.run(run())


# The server does not count TLS from the first byte as TLS.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_over_tls_to_who_has_signed_in(
    security: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert"))
    box = Mailbox()
    with serving(box, security, certificate) as port:
        answer = mail(port, body_of(), security=security, user="vedette", password=PASSWORD)
        with pytest.raises(DeliveryError) as caught:
            mail(port, body_of(), security=security, user="vedette", password="another password")
    assert answer.startswith("250")
    assert box.encrypted == [True]
    assert caught.value.permanent
    assert "535" in caught.value.answer
    assert "another" not in caught.value.answer


def test_a_certificate_of_nobody_we_know_is_refused(certificate: Path) -> None:
    box = Mailbox()
    with (
        serving(box, "starttls", certificate) as port,
        pytest.raises(DeliveryError, match=r"(?i)certificate") as caught,
    ):
        mail(port, body_of(), security="starttls", user="vedette", password=PASSWORD)
    assert not caught.value.permanent
    assert box.got == []


def test_a_server_without_tls_gets_nothing_that_needs_it() -> None:
    box = Mailbox()
    with serving(box) as port, pytest.raises(DeliveryError):
        mail(port, body_of(), security="starttls")
    assert box.got == []


@pytest.mark.parametrize("name", list(BODIES))
def test_every_notification_is_a_mail_with_text_and_html(name: str) -> None:
    box = Mailbox()
    with serving(box) as port:
        mail(port, BODIES[name])
    ((envelope, found),) = box.got
    assert envelope.mail_from == "alerts@shop.example"
    assert envelope.rcpt_tos == CONFIG["to"]
    assert found["To"] == "ann@shop.example, bob@shop.example"
    assert found["Bcc"] is None
    assert found["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    assert "https://vedette.example/#/alerts/" in found.get_body(("plain",)).get_content()
    assert "<script" not in found.get_body(("html",)).get_content()


def test_the_mails_of_an_alert_are_one_thread_and_each_has_one_identity() -> None:
    box = Mailbox()
    with serving(box) as port:
        for name, identity in (("start", "7"), ("acknowledged", "8"), ("end", "9"), ("end", "9")):
            mail(port, BODIES[name], identity)
        mail(port, body_of(number=2), "10")
    first, second, third, again, other = (found for _, found in box.got)
    assert first["In-Reply-To"] is None
    for later in (second, third):
        assert later["In-Reply-To"] == later["References"] == first["Message-ID"]
        assert later["Subject"] == f"Re: {first['Subject']}"
    assert len({one["Message-ID"] for one in (first, second, third, other)}) == 4
    assert again["Message-ID"] == third["Message-ID"]


@pytest.mark.parametrize(
    ("answer", "permanent", "refused"),
    [("451 later", False, False), ("554 no such words here", False, True), ("552 too much", False, True)],
)
def test_what_a_server_says_to_a_mail(answer: str, permanent: bool, refused: bool) -> None:
    with serving(Mailbox(answer)) as port, pytest.raises(DeliveryError, match=answer) as caught:
        mail(port, body_of())
    assert (caught.value.permanent, caught.value.refused) == (permanent, refused)


def test_one_who_is_refused_costs_the_others_nothing_and_all_refused_is_for_ever() -> None:
    ann, bob = CONFIG["to"]
    box = Mailbox(refuse={ann: "550 unknown"})
    with serving(box) as port:
        assert "ann@shop.example refused: 550 unknown" in mail(port, body_of())
    assert [envelope.rcpt_tos for envelope, _ in box.got] == [[bob]]
    for answers, permanent in ((("550 no", "550 no"), True), (("550 no", "450 later"), False)):
        box = Mailbox(refuse=dict(zip((ann, bob), answers, strict=True)))
        with serving(box) as port, pytest.raises(DeliveryError) as caught:
            mail(port, body_of())
        assert caught.value.permanent is permanent


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad\r\n\r\n", b"y" * 200_000, None])
def test_something_that_is_no_mail_server_may_pass(says: bytes | None) -> None:
    async def run() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                if says is None:
                    await reader.read()
                else:
                    writer.write(says)
                    await writer.drain()
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server, httpx.AsyncClient(trust_env=False) as client:
            port = server.sockets[0].getsockname()[1]
            channel = Email.from_config({"host": "127.0.0.1", "port": port, "security": "none", **CONFIG})
            await channel.deliver(Outward(client, allow_private=True, timeout_s=0.3), "7", body_of(), NOW)

    with pytest.raises(DeliveryError) as caught:
        asyncio.run(run())
    assert (caught.value.permanent, caught.value.refused) == (False, False)
    assert len(caught.value.answer) <= 200


def test_a_private_mail_server_is_refused_unless_it_is_allowed() -> None:
    async def run() -> None:
        async with httpx.AsyncClient() as client:
            channel = Email.from_config({"host": "127.0.0.1", "security": "none", **CONFIG})
            await channel.deliver(Outward(client), "7", body_of(), NOW)

    with pytest.raises(DeliveryError, match="VEDETTE_ALLOW_PRIVATE"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"to": []}, "to"),
        ({"to": ["ann"]}, "to"),
        ({"to": ["a@b.example\r\nBcc: c@d.example"]}, "to"),
        ({"sender": "Vedette <a@b.example>"}, "sender"),
        ({"host": ""}, "host"),
        ({"host": "a b"}, "host"),
        ({"port": 0}, "port"),
        ({"security": "ssl"}, "security"),
        ({"user": "a"}, "password"),
        ({"user": "a", "password": PASSWORD, "security": "none"}, "security"),
        ({"password": ""}, "password"),
    ],
)
def test_a_bad_setting_is_named(config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Email.from_config({"host": "mail.example", **CONFIG, **config})
    assert caught.value.field == field
    assert PASSWORD not in str(caught.value)
