"""Links in an alert's words are URLs in what goes out, if the page's address is known."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from alerting.channels.base import Channel, Outward
from alerting.channels.wording import message_of
from alerting.links import path_of, with_page

PAGE = r"https://vedette.example/v\1"


def body(*alerts: int) -> dict[str, Any]:
    told = [
        {"id": str(one), "rule": "r", "subject": "s", "title": f"hot: {path_of(one)}", "started_ms": 0, "value": None}
        for one in alerts
    ]
    found = {"id": "1", "event": "start", "at_ms": 0, "alert": told[0], "detail": {"body": f"({path_of(alerts[0])})"}}
    return found if len(alerts) == 1 else {**found, "alerts": told}


class Kept(Channel):
    """Answers with what it was given."""

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        return repr([body["alert"]["title"], body["detail"]["body"]])


@pytest.mark.parametrize("page", [PAGE, None])
def test_channels_get_urls_where_the_page_is_known_and_else_the_path(page: str | None) -> None:
    async def delivered() -> str:
        async with httpx.AsyncClient() as client:
            return await Kept().deliver(Outward(client, page=page), "1", body(-5), 0)

    url = f"{page or ''}/#/alerts/-5"
    assert asyncio.run(delivered()) == repr([f"hot: {url}", f"({url})"])


def test_each_alert_of_a_group_has_its_own() -> None:
    found = with_page(body(5, 6), PAGE)
    assert [one["title"] for one in found["alerts"]] == [f"hot: {PAGE}/#/alerts/5", f"hot: {PAGE}/#/alerts/6"]
    assert f"- hot: {PAGE}/#/alerts/6" in message_of(found, PAGE).lines


@pytest.mark.parametrize(
    "text",
    ["https://v.example/#/alerts/5", "http://[::1]/#/alerts/5", "https://v.example:8420/#/alerts/5", "/#/alerts/x"],
)
def test_what_is_a_url_already_or_no_alert_stays(text: str) -> None:
    assert with_page({"title": text}, PAGE) == {"title": text}


def test_a_url_stays_as_it_is_when_it_is_sent_again() -> None:
    once = with_page(body(5), "https://v.example")
    assert with_page(once, "https://v.example") == once
    assert with_page("详情/#/alerts/5", "https://v.example") == "详情https://v.example/#/alerts/5"
