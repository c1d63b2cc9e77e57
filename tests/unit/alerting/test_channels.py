"""What all kinds of channels have in common: secrets that stay secret, settings that are named, texts that are cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.channels import CHANNELS
from alerting.channels.base import give_up_after_s
from alerting.channels.webhook import Webhook
from alerting.channels.wording import cut, message_of, utf8, utf16
from alerting.trial import trial_of
from vedette.errors import InvalidInput
from vedette.notifying.channel_secrets import CHANNEL_SECRETS

DOCS = (Path(__file__).parents[3] / "docs" / "channels.md").read_text(encoding="utf-8")
KINDS = pytest.mark.parametrize("kind", sorted(CHANNELS))


@KINDS
def test_every_secret_is_one_that_the_api_hides(kind: str) -> None:
    assert CHANNELS[kind].secrets() <= set(CHANNEL_SECRETS)
    assert not (CHANNELS[kind].model_fields.keys() - CHANNELS[kind].secrets()) & set(CHANNEL_SECRETS)


@KINDS
def test_every_kind_and_setting_is_documented(kind: str) -> None:
    (row,) = [line for line in DOCS.splitlines() if line.startswith(f"| `{kind}` |")]
    for name in CHANNELS[kind].model_fields.keys() - {"previous_secret", "previous_until_s", "give_up_after_s"}:
        assert f"`{name}`" in row
        assert CHANNELS[kind].model_fields[name].description
    for name in CHANNELS[kind].secrets() - {"previous_secret"}:
        assert f"*`{name}`*" in row


@KINDS
def test_every_kind_may_say_when_to_give_up_and_the_form_asks_for_it_last(kind: str) -> None:
    assert "`give_up_after_s`" in DOCS
    assert list(CHANNELS[kind].settings_schema()["properties"])[-1] == "give_up_after_s"


@pytest.mark.parametrize("seconds", [59, 0, -1, 7 * 86_400 + 1, "soon", 90.5])
def test_a_time_to_give_up_is_refused_unless_it_is_a_minute_to_seven_days(seconds: object) -> None:
    with pytest.raises(InvalidInput, match="60 to 604800") as caught:
        CHANNELS["console"].from_config({"give_up_after_s": seconds})
    assert caught.value.field == "give_up_after_s"


def test_the_time_to_give_up_is_that_of_the_channel_or_a_day() -> None:
    assert give_up_after_s(CHANNELS["console"].from_config({"give_up_after_s": "3600"}).config()) == 3600
    assert give_up_after_s(CHANNELS["console"].from_config({}).config()) == 86_400
    assert CHANNELS["console"].from_config({}).config() == {}


@KINDS
def test_an_unknown_setting_is_named_and_its_value_is_not_told(kind: str) -> None:
    with pytest.raises(InvalidInput, match="colour") as caught:
        CHANNELS[kind].from_config({"colour": "a secret in the wrong place"})
    assert caught.value.field == "colour"
    assert "wrong place" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        ("slack", {"webhook_url": "hooks.slack.example/geheim"}, "webhook_url"),
        ("discord", {"webhook_url": 5}, "webhook_url"),
        ("teams", {}, "webhook_url"),
        ("telegram", {"token": "geheim", "chat": "1"}, "token"),
        ("telegram", {"token": "1:" + "a" * 35, "chat": "me"}, "chat"),
        ("ntfy", {"topic": "a/b"}, "topic"),
        ("ntfy", {"topic": "a", "token": "geheim\r\nX: y"}, "token"),
        ("ntfy", {"topic": "a", "url": "ftp://a"}, "url"),
        ("pagerduty", {"routing_key": "geheim"}, "routing_key"),
        ("opsgenie", {"api_key": "geheim"}, "api_key"),
        ("sms", {"account_sid": "AC1", "auth_token": "geheim", "sender": "+1555", "to": "030 1234"}, "to"),
        (
            "sms",
            {"account_sid": "A/../B", "auth_token": "geheim", "sender": "+1555", "to": "+493012345"},
            "account_sid",
        ),
    ],
)
def test_a_bad_setting_is_named_without_telling_a_secret(kind: str, config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        CHANNELS[kind].from_config(config)
    assert caught.value.field == field
    assert "geheim" not in str(caught.value)


def test_a_secret_in_replacement_signs_beside_the_one_before_until_its_time() -> None:
    hook = Webhook.from_config({"url": "http://a.example/", "secret": "the secret before"})
    rotated = hook.rotated("the secret after it", 1000)
    assert rotated._secrets_at(999) == ["the secret after it", "the secret before"]
    assert rotated._secrets_at(1000) == ["the secret after it"]
    assert Webhook.from_config(rotated.config()).config() == rotated.config()


@given(st.text(), st.integers(3, 40), st.sampled_from([utf16, utf8, len]))
def test_what_is_cut_fits_and_says_so(text: str, most: int, size: Any) -> None:
    found = cut(text, most, size)
    assert size(found) <= most
    assert found == text if size(text) <= most else found.endswith("…") and text.startswith(found[:-1])


def test_a_notification_says_where_in_its_life_the_alert_is() -> None:
    _, body = trial_of(1, 1_700_000_000_000)
    words = {}
    for event, update in (("start", None), ("end", None), ("one-off", None), ("update", "acknowledged")):
        words[event] = message_of({**body, "event": event, "update": update, "detail": {}}).word
    assert words == {"start": "Firing", "end": "Resolved", "one-off": "Notice", "update": "Acknowledged"}
    assert message_of(body).link is None
    assert message_of(body, "https://v.example").link == f"https://v.example/#/alerts/{body['alert']['id']}"
