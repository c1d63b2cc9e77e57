"""Event streams: what comes into the log is seen by those who may see it, as it comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ingest_api.stream import route
from tests.integration.gateway.reports import NOW, add_monitor, check, report
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.sse import watch
from tests.integration.gateway.trouble import TroubledLog
from tests.integration.gateway.waiting import until
from vedette.errors import LogUnavailable
from vedette.events.codec import encode_json, encode_packed
from vedette.events.samples import PackedSamples
from vedette.events.signals import AlertTransition, Signal
from vedette.events.topics import ALERTS, CHECKS, SAMPLES, SIGNALS
from vedette.log import Message
from vedette.telemetry import metrics


@pytest.fixture(scope="module")
def monitor(gateway: Gateway) -> int:
    """A monitor of our account."""
    return add_monitor(gateway, "streamed")


def put(gateway: Gateway, topic: str, *messages: Message) -> None:
    gateway.log.produce(topic, messages).result(10)


def alert(gateway: Gateway, account: int, title: str) -> None:
    event = AlertTransition(1, 2, account, 3, "rule", "subject", "firing", NOW, title, 0.5)
    put(gateway, ALERTS.name, Message(b"k", encode_json(event)))


def signal(gateway: Gateway, account: int, state: str) -> None:
    put(gateway, SIGNALS.name, Message(b"k", encode_json(Signal("host", account, "source:web-1", NOW, state))))


def test_a_stream_begins_with_the_time_and_an_id(gateway: Gateway) -> None:
    with watch(gateway) as viewer:
        assert viewer.hello.data == {"now": gateway.clock.now_ms()}
        assert viewer.hello.identity
        assert 1000 <= viewer.retry_ms <= 3000
        assert viewer.response.headers["Content-Type"].startswith("text/event-stream")
        assert viewer.response.headers["Cache-Control"] == "no-store"
        assert viewer.response.headers["X-Accel-Buffering"] == "no"


def test_samples_are_seen_with_their_values(gateway: Gateway) -> None:
    with watch(gateway) as viewer:
        gateway.ingest("samples", report("web-1", values={'a{ x="1" }': 0.1, "b": 2}))
        event = viewer.next()
        assert event.kind == "samples"
        assert event.identity
        assert event.data == {"source": "web-1", "ts": NOW, "values": {'a{x="1"}': 0.1, "b": 2.0}}


def test_checks_and_alerts_are_seen_without_the_account(gateway: Gateway, monitor: int) -> None:
    with watch(gateway) as viewer:
        gateway.ingest("checks", check(monitor, total_ms=12.5))
        event = viewer.next()
        assert (event.kind, event.data) == ("checks", {**check(monitor, total_ms=12.5), "phases": {}})
        alert(gateway, gateway.ours.account, "it burns")
        event = viewer.next()
        assert (event.kind, event.data["title"], event.data["state"]) == ("alerts", "it burns", "firing")
        assert "account" not in event.data
        assert isinstance(event.data["id"], str)
        assert isinstance(event.data["alert"], str)


def test_signals_are_seen_when_asked_for_and_not_otherwise(gateway: Gateway) -> None:
    with watch(gateway) as usual, watch(gateway, topics="signals") as curious:
        signal(gateway, gateway.ours.account, "silent")
        gateway.ingest("samples", report())
        assert usual.next().kind == "samples"
        event = curious.next()
        assert (event.kind, event.data["state"], event.data["subject"]) == ("signals", "silent", "source:web-1")


def test_topics_choose_what_is_seen(gateway: Gateway, monitor: int) -> None:
    with watch(gateway, topics="checks, alerts") as viewer:
        gateway.ingest("samples", report())
        gateway.ingest("checks", check(monitor, attempt=7))
        alert(gateway, gateway.ours.account, "last")
        assert [event.kind for event in viewer.take(2)] == ["checks", "alerts"]


def test_sources_choose_whose_samples_are_seen_and_leave_the_rest(gateway: Gateway, monitor: int) -> None:
    with watch(gateway, sources="web-2,web-3") as viewer:
        for source in ("web-1", "web-2", "web-33", "web-3"):
            gateway.ingest("samples", report(source))
            until(lambda: gateway.context.hub.positions["samples"] == [b.end for b in gateway.log.bounds(SAMPLES.name)])
        gateway.ingest("checks", check(monitor, attempt=8))
        assert [event.data.get("source") for event in viewer.take(3)] == ["web-2", "web-3", None]


def test_another_accounts_events_are_never_seen(gateway: Gateway, monitor: int) -> None:
    ours, theirs = gateway.ours.account, gateway.theirs.account
    everything = "samples,checks,signals,alerts"
    with watch(gateway, topics=everything) as we, watch(gateway, topics=everything, tenant=gateway.theirs) as they:
        # Of one key, so that they stand in one partition: what comes second is seen second.
        for tenant, value in ((gateway.theirs, 1), (gateway.ours, 2), (gateway.theirs, 3)):
            gateway.ingest("samples", report("same", values={"v": value}), tenant=tenant)
        assert we.next().data["values"] == {"v": 2.0}
        assert [event.data["values"] for event in they.take(2)] == [{"v": 1.0}, {"v": 3.0}]
        for publish in (signal, alert):
            for account, text in ((theirs, "theirs"), (ours, "ours"), (theirs, "the last")):
                publish(gateway, account, text)
            assert "ours" in we.next().data.values()
            assert ["theirs" in they.next().data.values(), "the last" in they.next().data.values()] == [True, True]
        gateway.ingest("checks", check(monitor))
        assert we.next().kind == "checks"
        alert(gateway, theirs, "the end")
        assert they.next().data["title"] == "the end"


UNREADABLE = (
    b"",
    b"\xff" * 20,
    b"{}",
    b'{"account":',
    b"[1,2]",
    encode_packed(PackedSamples(1, "web-1", 1, 1, NOW, 0, b"g\xff", b"\0" * 8)),
    encode_packed(PackedSamples(1, "web-1", 1, 1, NOW, 0, b"gcpu", b"\0" * 16)),
)


def test_a_message_that_nobody_can_read_is_passed_over(gateway: Gateway) -> None:
    with watch(gateway) as viewer:
        for topic in (SAMPLES, CHECKS, ALERTS):
            bad = (
                b"",
                b"\xff" * 20,
                b"{}",
                b'{"account":',
                b"[1,2]",
                b"\x98\x01\xa1a\x01\x01\x01\x01\xc4\x01\xff\xc4\x00",
            )
            put(gateway, topic.name, *(Message(b"web-1", value) for value in bad))
        gateway.ingest("samples", report("web-1", values={"well": 1}))
        assert viewer.next().data["values"] == {"well": 1.0}


def test_a_quiet_stream_ticks(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "TICK_S", 0.02)
    with watch(gateway) as viewer:
        tick = next(viewer._events)
        assert (tick.kind, tick.identity, tick.data) == ("tick", None, {"now": gateway.clock.now_ms()})


def test_viewers_are_counted_and_forgotten_when_they_leave(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def viewers() -> float | None:
        return metrics().registry.get_sample_value("vedette_stream_viewers")

    until(lambda: viewers() == 0)
    with watch(gateway), watch(gateway):
        assert viewers() == 2
    until(lambda: viewers() == 0)
    assert not gateway.context.hub._viewers


def test_streams_go_on_when_a_log_that_was_away_is_back(dsn: str, tmp_path: Path) -> None:
    with Gateway(dsn, tmp_path, wrap=TroubledLog) as gateway, watch(gateway) as viewer:
        log = gateway.context.log
        assert isinstance(log, TroubledLog)
        with capture_logs() as events:
            log.refuses = LogUnavailable("the disk is away")
            until(lambda: events)
            log.refuses = None
        assert events[0]["event"] == "log_unavailable"
        gateway.ingest("samples", report("back again"))
        assert viewer.next().data["source"] == "back again"
