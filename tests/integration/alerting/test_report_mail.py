"""Scheduled reports from the outbox to their receivers: as mail with its pictures, once, though workers are killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alerting.channels.wording import message_of
from alerting.reports.contents import as_json
from tests.integration.alerting.protocols import PROTOCOLS, strict
from tests.integration.alerting.receiver import OK, Receiver, receiving
from tests.integration.alerting.test_email import CONFIG, Mailbox, mail, serving
from tests.integration.alerting.test_receivers import deliver
from tests.integration.alerting.working import add_channel, step, tell, with_receiver, worker
from tests.patience import PATIENCE_S
from tests.unit.alerting.report_contents import NASTY, contents, every_part
from vedette.clock import SystemClock
from vedette.notifying.report import ReportSpec
from vedette.store import accounts, alerts
from vedette.store.pool import Store
from vedette.store.report_definitions import UNABLE, put_report
from vedette.store.report_runs import runs_of

ROOT = Path(__file__).parents[3]
RUN = "-77"


def body_of(**fields: Any) -> dict[str, Any]:
    return {"id": "7", "event": "report", "at_ms": 1, "report": {"id": RUN, **as_json(every_part(**fields))}}


def add_report(store: Store, *channels: int) -> int:
    spec = ReportSpec(name="week", kind="weekly", channels=list(channels))
    made = put_report(store, accounts.ensure_account(store, "default"), spec, SystemClock().now_ms())
    return int(made["id"])


def due_now(store: Store) -> None:
    store.execute("UPDATE reports SET next_at = date_trunc('milliseconds', now()) - interval '90 s'")


def parts_of(found: EmailMessage) -> dict[str, EmailMessage]:
    """The parts of a mail by their kind; each kind of text stands once."""
    return {part.get_content_type(): part for part in found.walk() if isinstance(part, EmailMessage)}


def test_a_mail_has_the_report_as_text_and_as_a_page_with_its_pictures() -> None:
    box = Mailbox()
    with serving(box) as port:
        for _ in range(2):
            assert mail(port, body_of()).startswith("250")
    (envelope, first), (_, again) = box.got
    assert envelope.rcpt_tos == CONFIG["to"]
    assert first["Subject"] == "Weekly report: week, Mon 23 Nov to Sun 29 Nov: 1 alert, 0 open"
    assert first["From"] == '"Vedette (Weekly report)" <alerts@shop.example>'
    assert first["Message-ID"] == again["Message-ID"] == f"<vedette.report.{RUN}@shop.example>"
    assert (first["X-Vedette-Report"], first["Auto-Submitted"], first["In-Reply-To"]) == (RUN, "auto-generated", None)
    parts = parts_of(first)
    assert list(parts) == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"),
    ]
    page = parts["text/html"].get_content()
    pictures = [part for part in first.walk() if part.get_content_type() == "image/png"]
    assert len(pictures) == 3
    for picture in pictures:
        assert picture["Content-Disposition"].startswith("inline")
        assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in page
        assert picture.get_payload(decode=True)[:4] == b"\x89PNG"  # type: ignore[index]
    text = parts["text/plain"].get_content()
    assert text.splitlines()[0] == "Weekly report: week, Mon 23 Nov to Sun 29 Nov: 1 alert, 0 open"
    assert "- Uptime (mean): 99.500 % (before 100 %)" in text
    assert "https://vedette.example" in text
    assert len(bytes(first)) < 150_000


def test_what_others_have_said_adds_no_header_to_a_mail() -> None:
    box = Mailbox()
    with serving(box) as port:
        mail(port, body_of(name=NASTY))
    ((envelope, found),) = box.got
    assert (found["Bcc"], envelope.rcpt_tos) == (None, CONFIG["to"])
    assert "<script>" not in parts_of(found)["text/html"].get_content()


@pytest.mark.parametrize("kind", sorted(set(PROTOCOLS) - set(UNABLE)))
def test_every_other_channel_tells_a_report_in_words(kind: str) -> None:
    answer, receiver = deliver(kind, strict(kind), body_of())
    assert isinstance(answer, str), answer
    assert len(receiver.got) == 1
    if kind != "webhook":
        assert b"Weekly" in receiver.got[0].content
        assert message_of(body_of()).acknowledge is None


def test_a_report_that_is_due_goes_from_the_tables_to_the_mailbox(store: Store) -> None:
    box = Mailbox()
    account = accounts.ensure_account(store, "default")
    with serving(box) as port:
        config = {"host": "localhost", "port": port, "security": "none", **CONFIG}
        report = add_report(store, alerts.add_channel(store, account, "mail", "email", config))
        due_now(store)

        async def run() -> None:
            found = worker(store)
            found._reports.look()
            await found.finish()
            assert await step(found) == 1
            assert await step(found) == 0

        asyncio.run(run())
    assert len(box.got) == 1
    assert "No endpoint was checked." in parts_of(box.got[0][1])["text/plain"].get_content()
    (told,) = runs_of(store, report)[0]["notifications"]
    assert (told["channel"], told["state"], told["attempts"]) == ("mail", "delivered", 1)
    assert told["answer"].startswith("250")


def test_no_alert_waits_for_a_report(store: Store, dsn: str) -> None:
    async def body(receiver: Receiver) -> None:
        report = add_report(store, add_channel(store, receiver.url))
        found = worker(store)
        with psycopg.connect(dsn) as holder:
            holder.execute("LOCK TABLE sources IN ACCESS EXCLUSIVE MODE")  # the report waits for it
            due_now(store)
            found._reports.look()
            tell(store)
            async with found.client() as client:
                assert await found.take(client) == 1
                await found._deliveries.finish()
            assert [request.body["event"] for request in receiver.got] == ["start"]
            assert runs_of(store, report) == []
        await found.finish()
        assert await step(found) == 1
        assert [request.body["event"] for request in receiver.got] == ["start", "report"]

    with_receiver(lambda request: OK, body)


def begin_worker(dsn: str) -> subprocess.Popen[bytes]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
    own |= {"VEDETTE_DSN": dsn, "VEDETTE_ALLOW_PRIVATE": "true", "VEDETTE_LEASE_S": "2", "VEDETTE_POLL_S": "0.02"}
    command = [sys.executable, "-m", "launch.main", "alert-worker"]
    return subprocess.Popen(command, env=own, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_workers_that_are_killed_while_they_make_a_report_send_it_once_all_the_same(store: Store, dsn: str) -> None:
    async def body() -> list[Any]:
        async with receiving(lambda request: OK) as receiver:
            report = add_report(store, add_channel(store, receiver.url))
            await asyncio.to_thread(kill_and_go_on, report)
            return list(receiver.got)

    def making() -> bool:
        """Whether a worker waits for a table that somebody else has."""
        row = store.row("SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return row is not None and row["n"] > 0

    def states(report: int) -> list[str]:
        return [one["state"] for run in runs_of(store, report) for one in run["notifications"]]

    def kill_and_go_on(report: int) -> None:
        workers: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(2):
                with psycopg.connect(dsn) as holder:
                    holder.execute("LOCK TABLE sources IN ACCESS EXCLUSIVE MODE")
                    due_now(store)
                    workers.append(begin_worker(dsn))
                    wait_for(making)
                    workers[-1].kill()
                    workers[-1].wait()
                assert runs_of(store, report) == []
                wait_for(lambda: not making())
            workers += [begin_worker(dsn), begin_worker(dsn)]
            wait_for(lambda: states(report) == ["delivered"])
        finally:
            for process in workers:
                process.kill()
                process.wait()

    (request,) = asyncio.run(body())
    assert request.body["event"] == "report"
    assert request.body["report"]["name"] == "week"
    assert [run["state"] for run in runs_of(store, 1)] == ["made"]
    assert contents().kind == request.body["report"]["kind"]
