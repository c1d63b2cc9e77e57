"""SMS: a text through Twilio's HTTP interface, or one that speaks it.

Source: Twilio, "Messages resource: create a message" and "Error and warning dictionary".
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, SecretStr

from alerting.channels.base import Channel, Outward
from alerting.channels.posting import judged, post
from alerting.channels.settings import BaseUrl
from alerting.channels.wording import Message, cut, message_of

BODY = 1600
"""Characters that Twilio takes."""
SHORT = 320
"""Characters of a notification: two parts of a message, for each part is paid."""
_NUMBER = r"^\+[1-9][0-9]{5,14}$"
_NEVER_CODES = {21211, 21212, 21214, 21217, 21408, 21606, 21608, 21610, 21614, 21659, 21660}
"""Twilio's codes for numbers that cannot be written to, or from, by this account."""


class Sms(Channel):
    """Texts `to` from `sender`, by the account `account_sid`."""

    FOR_PEOPLE = True
    DESTINATION = ("url",)
    account_sid: str = Field(pattern=r"^[A-Za-z0-9_-]{2,64}$", description="the account's SID, such as AC…")
    auth_token: SecretStr = Field(min_length=6, max_length=200, description="the account's token, 6 to 200 characters")
    sender: str = Field(
        pattern=r"^(\+[1-9][0-9]{2,14}|MG[0-9a-f]{32}|[A-Za-z0-9 ]{1,11})$",
        description="a number such as +4930123456, a messaging service's SID (MG…), or a name of 11 letters at most",
    )
    to: str = Field(pattern=_NUMBER, description="a number in E.164, such as +4930123456")
    url: BaseUrl = Field(default="https://api.twilio.com", description="a server that speaks Twilio's interface")

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        origin = "MessagingServiceSid" if self.sender.startswith("MG") and len(self.sender) > 11 else "From"
        form = {"To": self.to, origin: self.sender, "Body": text_of(message_of(body, outward.page))}
        address = f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        answer = await post(outward, address, form=form, auth=(self.account_sid, self.auth_token.get_secret_value()))
        never = answer.status == 400 and answer.json.get("code") in _NEVER_CODES
        permanent = (400, 401, 403, 404) if never else (401, 403, 404)
        return judged(answer, success=(201,), permanent=permanent, refused=(400,))


def text_of(message: Message) -> str:
    """What is said, as short as it may be: whole links, cut titles."""
    place = message.acknowledge or message.link
    link = f"\n{place}" if place and len(place) < SHORT // 2 else ""
    severity = f" ({message.severity})" if message.severity else ""
    return cut(message.heading + severity, SHORT - len(link)) + link
