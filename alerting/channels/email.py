"""Email: a mail with text and HTML over SMTP; the mails of one alert are one thread.

Source: RFC 5321 (reply codes), RFC 5322 (Message-ID, In-Reply-To, References), RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from html import escape
from typing import Annotated, Any, Literal, Self

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from pydantic import Field, SecretStr, StringConstraints, model_validator

from alerting.channels.base import HIDDEN, Channel, DeliveryError, Outward
from alerting.channels.wording import REPORT, Message, cut, message_of
from alerting.private_addresses import check_public
from alerting.reports.contents import from_json
from alerting.reports.mail import fill
from vedette.errors import InvalidInput

SUBJECT = 200
"""Characters of a subject."""
_ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$"
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_FIRST_PERMANENT = 500
Address = Annotated[str, StringConstraints(pattern=_ADDRESS)]


class Email(Channel):
    """Mails `to` from `sender` by the server `host`."""

    FOR_PEOPLE = True
    DESTINATION = ("host", "port", "security")
    host: str = Field(pattern=r"^[A-Za-z0-9:]([A-Za-z0-9.:_-]{0,252})$", description="a host's name or address")
    port: int | None = Field(default=None, ge=1, le=65_535, description="a port; else 587, 465 or 25, by security")
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="starttls, tls or none")
    user: str | None = Field(default=None, min_length=1, max_length=320, description="1 to 320 characters")
    password: SecretStr | None = Field(default=None, min_length=1, max_length=1000, description="1 to 1000 characters")
    sender: Address = Field(description="an address such as alerts@shop.example")
    to: list[Address] = Field(min_length=1, max_length=50, description="1 to 50 addresses such as ann@shop.example")

    @model_validator(mode="after")
    def _sign_in(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise InvalidInput("password", None if self.password is None else HIDDEN, "user and password, or neither")
        if self.password is not None and self.security == "none":
            raise InvalidInput("security", "none", "starttls or tls: a password goes over TLS only")
        return self

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        port = self.port or _PORTS[self.security]
        if not outward.allow_private:
            await check_public(self.host, port)
        mail = self.mail(identity, body, message_of(body, outward.page), now_s)
        client = SMTP(
            hostname=self.host,
            port=port,
            timeout=outward.timeout_s,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            tls_context=None if self.security == "none" else ssl.create_default_context(),
            local_hostname=self._domain(),
        )
        try:
            return await self._send(client, mail)
        except (SMTPException, OSError, UnicodeError, ValueError) as error:
            raise _failure(error) from None
        finally:
            client.close()

    async def _send(self, client: SMTP, mail: EmailMessage) -> str:
        await client.connect()
        if self.user is not None and self.password is not None:
            await client.login(self.user, self.password.get_secret_value())
        failed, words = await client.send_message(mail, sender=self.sender, recipients=self.to)
        # The mail is taken: a server that does not say goodbye changes nothing.
        with contextlib.suppress(SMTPException, OSError, TimeoutError):
            await asyncio.wait_for(client.quit(), 1)
        refused = "".join(f"; {to} refused: {answer.code} {answer.message}" for to, answer in failed.items())
        return _printable(f"250 {words}{refused}")

    def mail(self, identity: str, body: dict[str, Any], message: Message, now_s: int) -> EmailMessage:
        """The mail. All others of an alert answer to that of its start; each has one identity, however often tried."""
        if message.event == REPORT:
            return self._report(body, message, now_s)
        alert, domain = body["alert"]["id"], self._domain()
        first = f"<vedette.{alert}@{domain}>"
        mail = self._letter(message, now_s)
        # One subject for all of an alert, for there are readers that go by it; so the state stands before the sender.
        subject = cut(message.title, SUBJECT)
        mail["Subject"] = subject if message.event in {"start", "one-off"} else f"Re: {subject}"
        if message.event in {"start", "one-off"}:
            mail["Message-ID"] = first
        else:
            mail["Message-ID"] = f"<vedette.{alert}.{identity}@{domain}>"
            mail["In-Reply-To"] = first
            mail["References"] = first
        mail["X-Vedette-Alert"] = str(alert)
        mail.set_content(_utf8(message.text) + "\n")
        mail.add_alternative(_utf8(html_of(message)), subtype="html")
        return mail

    def _report(self, body: dict[str, Any], message: Message, now_s: int) -> EmailMessage:
        """A report, in a thread of its own: each has one identity, however often it is tried."""
        run, domain = str(body["report"]["id"]), self._domain()
        mail = self._letter(message, now_s)
        mail["Subject"] = cut(message.heading, SUBJECT)
        mail["Message-ID"] = f"<vedette.report.{run}@{domain}>"
        mail["X-Vedette-Report"] = run
        fill(mail, from_json(body["report"]), message.heading, domain, message.link)
        return mail

    def _letter(self, message: Message, now_s: int) -> EmailMessage:
        """A mail without subject and contents."""
        mail = EmailMessage()
        mail["From"] = formataddr((f"Vedette ({message.word})", self.sender))
        mail["To"] = ", ".join(self.to)
        mail["Date"] = formatdate(now_s)
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        return mail

    def _domain(self) -> str:
        return self.sender.rpartition("@")[2]


def html_of(message: Message) -> str:
    """The message as a small page, without anything to load."""
    lines = "".join(f"<p>{escape(line)}</p>" for line in message.lines)
    link = f'<p><a href="{escape(message.link)}">Open in Vedette</a></p>' if message.link else ""
    acting = ((message.acknowledge, "Acknowledge"), (message.more, "Put off, resolve or remark…"))
    links = " · ".join(f'<a href="{escape(address)}">{word}</a>' for address, word in acting if address)
    taking_up = f"<p>{links}</p>" if links else ""
    return f"<!doctype html><html><body><h2>{escape(message.heading)}</h2>{taking_up}{lines}{link}</body></html>\n"


def _failure(error: Exception) -> DeliveryError:
    """What a failed attempt means: a 5xx about who we are or whom we write to is for ever, another for this mail."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [one.code for one in error.recipients]
        words = "; ".join(f"{one.recipient} refused: {one.code} {one.message}" for one in error.recipients)
        return DeliveryError(_printable(words), permanent=all(code >= _FIRST_PERMANENT for code in codes))
    if not isinstance(error, SMTPResponseException):
        return DeliveryError(_printable(f"{type(error).__name__}: {error}"))
    for_ever = error.code >= _FIRST_PERMANENT
    ours = isinstance(error, SMTPAuthenticationError | SMTPSenderRefused)
    is_mail = isinstance(error, SMTPDataError)
    return DeliveryError(
        _printable(f"{error.code} {error.message}"), permanent=for_ever and ours, refused=for_ever and is_mail
    )


def _utf8(text: str) -> str:
    """Without halves of surrogate pairs, which no mail can hold."""
    return text.encode("utf-8", "replace").decode()


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
