"""Messages for people have a link that acknowledges: where there is something to acknowledge, and a page to go to."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from alerting.channels import CHANNELS
from alerting.channels.discord import payload as discord
from alerting.channels.email import html_of
from alerting.channels.ntfy import payload as ntfy
from alerting.channels.slack import payload as slack
from alerting.channels.sms import SHORT, text_of
from alerting.channels.teams import payload as teams
from alerting.channels.wording import Message, message_of
from tests.integration.alerting.receiver import Received, Receiver, answer
from tests.integration.alerting.test_receivers import body_of
from tests.integration.alerting.working import add_channel, due_now, rows, step, tell, with_receiver, worker
from vedette.errors import NotFound, StoreUnavailable
from vedette.store import accounts, alert_links, alerts, hands
from vedette.store.pool import Store

PAGE = "https://vedette.example"
LINK = re.compile(rf"{PAGE}/act/([0-9a-f]{{32}})")
TAKEN = answer(200, b'{"id":"x"}')


def add_ntfy(store: Store, receiver: Receiver) -> int:
    account = accounts.ensure_account(store, "default")
    url = "/".join(receiver.url.split("/")[:3])
    return alerts.add_channel(store, account, "phone", "ntfy", {"topic": "ops", "url": url})


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [one.body for one in receiver.got]


def test_a_start_has_a_link_that_works_and_an_end_has_none(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_ntfy(store, receiver)
        add_channel(store, receiver.url)
        tell(store, ends=True)
        alert_worker = worker(store, public_url=PAGE)
        while await step(alert_worker):
            pass
        told = [one for one in bodies(receiver) if "topic" in one]
        assert [len(one.get("actions", ())) for one in told] == [1, 0]
        found = LINK.fullmatch(told[0]["actions"][0]["url"])
        assert found is not None
        link = alert_links.find(store, found[1])
        assert (link.channel, len(link.alerts)) == ("phone", 1)
        for one in bodies(receiver):
            if "topic" not in one:
                assert "links" not in one, "what is for programs stays as it is documented"

    with_receiver(lambda request: TAKEN, body)


def test_without_a_page_or_a_table_the_message_goes_out_without_a_link(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: object) -> None:
        raise StoreUnavailable("away")

    async def body(receiver: Receiver) -> None:
        add_ntfy(store, receiver)
        tell(store)
        await step(worker(store))
        monkeypatch.setattr(alert_links, "make", away)
        tell(store, episodes=2)
        await step(worker(store, public_url=PAGE))
        assert len(receiver.got) == 2
        assert all("actions" not in one for one in bodies(receiver))

    with_receiver(lambda request: TAKEN, body)


def test_what_somebody_has_taken_up_meanwhile_asks_nobody(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_ntfy(store, receiver)
        tell(store)
        row = store.row("SELECT id, account_id FROM alerts")
        assert row is not None
        hands.acknowledge(store, row["account_id"], row["id"], "ann")
        alert_worker = worker(store, public_url=PAGE)
        while await step(alert_worker):
            pass
        last = bodies(receiver)[-1]
        assert last["title"].startswith("Acknowledged")
        assert "actions" not in last

    with_receiver(lambda request: TAKEN, body)


def message() -> Message:
    return message_of({**body_of(), "links": {"acknowledge": f"{PAGE}/act/{'0a' * 16}"}}, PAGE)


def test_pagers_programs_and_the_log_get_none() -> None:
    others = {name for name, kind in CHANNELS.items() if not kind.FOR_PEOPLE}
    assert others == {"console", "opsgenie", "pagerduty", "webhook"}


def test_every_kind_for_people_shows_the_link_whole() -> None:
    url = f"{PAGE}/act/{'0a' * 16}"
    assert f'<a href="{url}">Acknowledge</a>' in html_of(message())
    assert f"Acknowledge: {url}" in message().text.splitlines()[1]
    assert f"<{url}|Acknowledge>" in str(slack(message()))
    assert {"type": "Action.OpenUrl", "title": "Acknowledge", "url": url} in teams_actions(teams(message()))
    assert discord(message())["embeds"][0]["description"].endswith(f"\n[Acknowledge]({url}) · [More…]({url}#more)")
    assert f'<a href="{url}#more">Put off, resolve or remark…</a>' in html_of(message())
    assert f"<{url}#more|More…>" in str(slack(message()))
    assert {"type": "Action.OpenUrl", "title": "More…", "url": f"{url}#more"} in teams_actions(teams(message()))
    assert ntfy("ops", message())["actions"][0]["url"] == url
    assert text_of(message()).endswith(f"\n{url}")
    assert len(text_of(message())) <= SHORT


def teams_actions(payload: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = payload["attachments"][0]["content"]["actions"]
    return found


def test_a_long_message_keeps_the_link_at_its_end() -> None:
    long = Message("start", "Firing", "t", "critical", ("x" * 10_000,), None, "https://v.example/act/1")
    description = discord(long)["embeds"][0]["description"]
    assert len(description) <= 4096
    assert description.endswith("[Acknowledge](https://v.example/act/1) · [More…](https://v.example/act/1#more)")


def test_all_attempts_at_a_message_have_one_link(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_ntfy(store, receiver)
        tell(store)
        alert_worker = worker(store, public_url=PAGE)
        for _ in range(3):
            await step(alert_worker)
            due_now(store)
        assert len({one["actions"][0]["url"] for one in bodies(receiver)}) == 1
        assert store.rows("SELECT count(*) AS n FROM alert_links") == [{"n": 1}]

    with_receiver(lambda request: answer(503), body)


def test_a_link_that_is_slow_to_be_made_costs_no_lease(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*arguments: object) -> None:
        time.sleep(3)

    async def body(receiver: Receiver) -> None:
        add_ntfy(store, receiver)
        tell(store)
        monkeypatch.setattr(alert_links, "make", slow)
        await step(worker(store, public_url=PAGE, lease_s=4.0, timeout_s=10))
        assert [one.get("actions") for one in bodies(receiver)] == [None]
        assert [state for state, *_ in rows(store)] == ["delivered"]

    with_receiver(lambda request: TAKEN, body)


def test_who_reads_the_answer_of_a_receiver_that_quotes_the_link_cannot_act(store: Store) -> None:
    def quoting(request: Received) -> bytes:
        return answer(400, b"blocked: " + request.body["actions"][0]["url"].encode())

    async def body(receiver: Receiver) -> None:
        add_ntfy(store, receiver)
        tell(store)
        await step(worker(store, public_url=PAGE))
        [(state, _, said)] = rows(store)
        assert (state, "blocked: ***" in said, "/act/" in said) == ("failed", True, False)

    with_receiver(quoting, body)


def test_links_of_a_channel_that_is_removed_lead_nowhere(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        channel = add_ntfy(store, receiver)
        tell(store)
        await step(worker(store, public_url=PAGE))
        token = bodies(receiver)[0]["actions"][0]["url"].rpartition("/")[2]
        alerts.remove_channel(store, 1, channel)
        with pytest.raises(NotFound):
            alert_links.acknowledge(store, token)

    with_receiver(lambda request: TAKEN, body)
