"""What receivers of other companies take, as their documentation says: strict stand-ins, and a channel for each."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from alerting.channels.wording import utf8, utf16
from tests.integration.alerting.receiver import Answer, Received, answer

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "123456:abcdefghijklmnopqrstuvwxyz0123456789"


def config(kind: str, url: str) -> dict[str, Any]:
    """Settings of a channel whose receiver is at `url` (`http://host:port/hook`)."""
    base = url.removesuffix("/hook")
    return {
        "slack": {"webhook_url": f"{url}/T0/B0/{KEY}"},
        "discord": {"webhook_url": f"{url}/7/{KEY}"},
        "teams": {"webhook_url": f"{url}/triggers?sig={KEY}"},
        "telegram": {"token": TOKEN, "chat": "-10012345", "url": base},
        "ntfy": {"topic": "alerts", "token": f"tk_{KEY}", "url": base},
        "sms": {"account_sid": "AC1", "auth_token": KEY, "sender": "+15005550006", "to": "+493012345678", "url": base},
        "pagerduty": {"routing_key": KEY, "url": base},
        "opsgenie": {"api_key": KEY, "url": base},
    }[kind]


def slack(request: Received) -> Answer:
    body = request.body
    assert request.path == f"/hook/T0/B0/{KEY}"
    assert body.keys() == {"text", "blocks", "unfurl_links"}
    header, section, *_ = body["blocks"]
    assert "<" not in body["text"] + section["text"]["text"]  # would be a mention or a link; a header shows it as it is
    assert (header["type"], header["text"]["type"], section["type"]) == ("header", "plain_text", "section")
    assert 1 <= utf16(header["text"]["text"]) <= 150
    assert 1 <= utf16(section["text"]["text"]) <= 3000
    return answer(200, b"ok")


def discord(request: Received) -> Answer:
    body = request.body
    assert request.path == f"/hook/7/{KEY}"
    assert body["allowed_mentions"] == {"parse": []}
    (embed,) = body["embeds"]
    assert 1 <= utf16(embed["title"]) <= 256
    assert 1 <= utf16(embed["description"]) <= 4096
    assert 0 <= embed["color"] <= 0xFFFFFF
    return answer(204)


def teams(request: Received) -> Answer:
    assert request.path == f"/hook/triggers?sig={KEY}"
    assert len(request.content) <= 28_000
    assert request.body["type"] == "message"
    (attachment,) = request.body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert all(block["type"] == "TextBlock" and block["text"] for block in card["body"])
    return answer(202)


def telegram(request: Received) -> Answer:
    body = request.body
    assert request.path == f"/bot{TOKEN}/sendMessage"
    assert body["chat_id"] == "-10012345"
    assert 1 <= utf16(body["text"]) <= 4096
    return answer(200, json.dumps({"ok": True, "result": {"text": body["text"]}}, separators=(",", ":")).encode())


def ntfy(request: Received) -> Answer:
    body = request.body
    assert (request.path, request.headers["authorization"]) == ("/", f"Bearer tk_{KEY}")
    assert body["topic"] == "alerts"
    assert 1 <= utf8(body["title"]) <= 250
    assert 1 <= utf8(body["message"]) <= 4096
    assert body["priority"] in {1, 2, 3, 4, 5}
    return answer(200, b'{"id":"xE73Iyuabi","time":1673542291}')


def sms(request: Received) -> Answer:
    assert request.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["authorization"] == "Basic " + base64.b64encode(f"AC1:{KEY}".encode()).decode()
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    form = parse_qs(request.content.decode(), strict_parsing=True)
    assert form.keys() == {"To", "From", "Body"}
    assert (form["To"], form["From"]) == (["+493012345678"], ["+15005550006"])
    assert 1 <= utf16(form["Body"][0]) <= 1600
    return answer(201, b'{"sid": "SM1", "status": "queued"}')


def pagerduty(request: Received) -> Answer:
    body = request.body
    assert body["routing_key"] == KEY
    if request.path == "/v2/change/enqueue":
        assert body["payload"].keys() >= {"summary", "timestamp"}
        return answer(202, b'{"status":"success"}')
    assert request.path == "/v2/enqueue"
    assert body["event_action"] in {"trigger", "acknowledge", "resolve"}
    assert 1 <= len(body["dedup_key"]) <= 255
    if body["event_action"] == "trigger":
        assert body["payload"]["severity"] in {"critical", "error", "warning", "info"}
        assert 1 <= utf16(body["payload"]["summary"]) <= 1024
        assert body["payload"]["source"]
    return answer(202, b'{"status":"success","message":"Event processed"}')


def opsgenie(request: Received) -> Answer:
    body, path = request.body, request.path.removeprefix("/v2/alerts")
    assert request.headers["authorization"] == f"GenieKey {KEY}"
    if path == "":
        assert 1 <= utf16(body["message"]) <= 130
        assert 1 <= len(body["alias"]) <= 512
        assert utf16(body["description"]) <= 15_000
        assert body["priority"] in {"P1", "P2", "P3", "P4", "P5"}
    else:
        _, _alias, deed = path.split("/")
        assert deed.endswith("?identifierType=alias")
        assert deed.partition("?")[0] in {"close", "acknowledge", "unacknowledge", "notes"}
        assert utf16(body["note"]) <= 25_000
    return answer(202, b'{"result":"Request will be processed","took":0.1,"requestId":"1"}')


PROTOCOLS: dict[str, Callable[[Received], Answer]] = {
    "slack": slack,
    "discord": discord,
    "teams": teams,
    "telegram": telegram,
    "ntfy": ntfy,
    "sms": sms,
    "pagerduty": pagerduty,
    "opsgenie": opsgenie,
}


def strict(kind: str) -> Callable[[Received], Answer]:
    """The receiver of a kind: what is not as documented is answered with 400 and the reason."""

    def rule(request: Received) -> Answer:
        try:
            return PROTOCOLS[kind](request)
        except (AssertionError, KeyError, ValueError) as error:
            return answer(400, repr(error).encode())

    return rule
