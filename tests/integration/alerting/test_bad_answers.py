"""What receivers answer in bad moods, kept attempt by attempt: the next notification arrives, and nothing is lost."""

from __future__ import annotations

import pytest

from tests.integration.alerting.receiver import OK, Answer, Received, Receiver, answer
from tests.integration.alerting.working import add_channel, due_now, rows, step, tell, with_receiver, worker
from vedette.store import alerts, attempts
from vedette.store.pool import Store

MOODS: dict[str, tuple[Answer, str]] = {
    "too many requests": (answer(429, b"slow down", Retry_After="120"), "429 slow down"),
    "broken": (answer(500, b"oops"), "500 oops"),
    "moved": (answer(302, Location="http://127.0.0.1:1/"), "302"),
    "garbage": (b"\x16\x03\x01garbage\r\n\r\n", "RemoteProtocolError: illegal status line"),
    "hangs up": (b"", "RemoteProtocolError: Server disconnected without sending a response."),
    "never answers": (None, "ReadTimeout: no answer in time"),
    "stops in the middle": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of",
        "RemoteProtocolError: peer closed connection without sending complete message body",
    ),
    "stops in its head": (b"HTTP/1.1 200 OK\r\nContent-Le", "RemoteProtocolError: "),
    "an endless header": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, "RemoteProtocolError: "),
}


@pytest.mark.parametrize("mood", MOODS)
def test_a_bad_answer_is_told_and_the_next_attempt_arrives_with_the_same_key(store: Store, mood: str) -> None:
    bad, words = MOODS[mood]
    moods = [bad, OK, OK]

    def rule(request: Received) -> Answer:
        return moods.pop(0)

    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store, ends=True)
        await step(worker(store, timeout_s=0.3 if bad is None else 10))
        [(state, tried, said), (waits, *_)] = rows(store)
        assert (state, tried, waits) == ("pending", 1, "pending")
        assert said.startswith(words)
        (row, _) = store.rows(
            "SELECT extract(epoch FROM next_attempt_at - now())::float8 AS s FROM notifications ORDER BY position"
        )
        assert (row["s"] > 60) == (mood == "too many requests")
        for _ in range(2):
            due_now(store)
            assert await step(worker(store)) == 1
        assert [request.body["event"] for request in receiver.got] == ["start", "start", "end"]
        assert len({request.key for request in receiver.got}) == 2

    with_receiver(rule, body)
    assert [state for state, *_ in rows(store)] == ["delivered", "delivered"]
    assert [channel["disabled_reason"] for channel in alerts.channels_of(store, 1)] == [None]
    (alert,) = (row["id"] for row in store.rows("SELECT id FROM alerts"))
    start, end = attempts.notifications_of(store, alert)
    assert [one["outcome"] for one in start["attempt_log"]] == ["retry", "delivered"]
    assert start["attempt_log"][0]["answer"].startswith(words)
    assert [one["answer"] for one in end["attempt_log"]] == ["200 thanks"]
