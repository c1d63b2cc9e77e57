"""A past: signals of days, heard by the alerts flow's own logic, with timers that go off at once when due, and kept."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from alerting.book import RuleBook
from dataflows.alerts import Decided, Logged, SubjectLogic, route
from dataflows.keeping_signals import Keeper, kept_of
from dataflows.source import Poll
from tests.integration.gateway.server import Gateway
from vedette.events.budgets import Counts, counts_text
from vedette.events.codec import encode_json
from vedette.events.signals import Signal
from vedette.log import Record
from vedette.store.recording import record


class Past:
    """The gateway's clock is the flow's and the log's; what the log took is forgotten by the log, and only kept."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.clock = gateway, gateway.clock
        self.book = RuleBook(gateway.store, gateway.clock)
        self.logics: dict[str, SubjectLogic] = {}
        self.records: list[Record] = []
        self.keeper = Keeper(gateway.store, gateway.clock)

    def hear(self, signal: Signal) -> None:
        """The log takes a signal, and the flow reads it."""
        value = encode_json(signal)
        self.records.append(Record(len(self.records), self.clock.now_ms(), b"k", value))
        for key, logged in route(Poll(0, self.clock.now_ms(), self.records[-1:])):
            assert isinstance(logged, Logged)
            logic = self.logics.setdefault(key, SubjectLogic(self.book, self.clock, None))
            found, _ = logic.on_batch([logged])
            self._decide(found)

    def _decide(self, found: Any) -> None:
        decided: list[Decided] = [one for one in found if isinstance(one, tuple)]
        if decided:
            record(self.gateway.store, decided)
        for word in found:
            if isinstance(word, Signal):
                self.hear(word)

    def wait(self, seconds: float) -> None:
        """Time passes, and what is due meanwhile is asked when it is."""
        until_ms = self.clock.now_ms() + round(seconds * 1000)
        while True:
            due = [(at.timestamp(), key) for key, logic in self.logics.items() if (at := logic.notify_at())]
            at_s, key = min(due, default=(float("inf"), ""))
            due_ms = max(round(at_s * 1000), self.clock.now_ms()) if due else until_ms
            if due_ms >= until_ms:
                break
            self.clock.advance((due_ms - self.clock.now_ms()) / 1000)
            self._decide(list(self.logics[key].on_notify()[0]))
        self.clock.advance((until_ms - self.clock.now_ms()) / 1000)

    def keep(self, at_once: int = 100) -> None:
        """Keep what was heard, in batches of polls; some come twice, as after a crash."""
        polls = [
            Poll(0, self.clock.now_ms(), self.records[n : n + at_once]) for n in range(0, len(self.records), at_once)
        ]
        stretches = [stretch for poll in polls if (stretch := kept_of(poll)) is not None]
        self.keeper.write(stretches[: len(stretches) // 2 + 1])
        self.keeper.write(stretches[len(stretches) // 2 :])


def days(number: float) -> float:
    """In seconds."""
    return timedelta(days=number).total_seconds()


WHOLE: list[tuple[str, dict[str, Any]]] = [
    *((state, {}) for state in ("up", "down", "degraded", "degraded", "partial", "paused", "unknown")),
    *[("unknown", {"silent_s": 190}), ("unknown", {"silent_s": 400, "heard": 1})],
]
"""What is said of a monitor: its state, and of one that nobody checks that this is so, or over."""


def random_signal(chance: random.Random, account: int, now_ms: int) -> Signal:
    """A signal of any kind that rules are about, but readings; about one of a few subjects."""
    number = chance.randint(1, 2)
    at = now_ms - chance.choice([0, 5, 700])
    detail: dict[str, Any] = {"monitor": number, "failing": "fra"}
    kind = chance.choice(["endpoint", "monitor", "monitor", "host", "clone", "clock", "notice", "trend", "budget"] * 2
                         + ["drift", "drift", "drift", "model", "quality", "metric"])  # fmt: skip
    if kind in {"endpoint", "monitor"} and chance.random() < 0.1:
        detail["maintenance"] = 1
    if kind == "endpoint":
        state = chance.choice(["up", "down", "down"])
        more = {"failures": chance.randint(1, 5)} if state == "down" else {}
        return Signal("endpoint", account, f"monitor:{number}@fra", at, state, detail={**detail, **more})
    if kind == "monitor":
        state, more = chance.choice(WHOLE)
        return Signal("monitor", account, f"monitor:{number}", at, state, detail={**detail, **more})
    if kind == "host":
        return Signal("host", account, f"source:web-{number}", at, chance.choice(["active", "silent"]))
    if kind == "clone":
        return Signal("clone", account, "clone:web-1", at, chance.choice(["clone", "ok"]))
    if kind == "clock":
        return Signal("clock", account, "clock:web-1", at, chance.choice(["off", "ok"]), 90_000.0)
    if kind == "notice":
        said = {"title": "disk", "body": f"{chance.randint(1, 9)}", "said_ms": at}
        return Signal("notice", account, "plugin:web-1/raid", at, detail=said)
    if kind == "trend":
        trend = {"monitor": number, "trend": chance.choice(["step", "decline"])}
        return Signal("trend", account, f"monitor:{number}", at, chance.choice(["down", "up", "over"]), -0.02,
                      trend)  # fmt: skip
    if kind == "budget":
        bad = chance.choice([0, 1, 50])
        text = counts_text({"1h": Counts(1000, bad, bad), "5m": Counts(100, bad, bad)})
        return Signal("budget", account, f"monitor:{number}", at, "spent", detail={"monitor": number, "budget": text})
    return _of_model(chance, kind, account, number, at)


def _of_model(chance: random.Random, kind: str, account: int, number: int, at: int) -> Signal:
    about: dict[str, Any] = {"model": number, "name": "churn", "version": ""}
    value = chance.choice([0.2, 0.9])
    if kind == "drift":
        raised, said = chance.choice(["drift", "drift", "ok"]), chance.choice(["drift", "drift", "ok", "no_data"])
        charts = '[{"chart":"mean","of":"","value":1.0,"lower":0.0,"upper":0.5,"broken":["beyond"]}]'
        more = {"feature": "age", "window_state": said, **({"charts": charts} if value > 0.5 else {})}
        return Signal("drift", account, f"model:{number}/age", at, raised, value, {**about, **more})
    if kind == "model":
        return Signal("model", account, f"model:{number}", at, chance.choice(["active", "no_data"]), detail=about)
    if kind == "quality":
        more = {"metric": "accuracy", "recent": f"{at - 60_000}:{value}:100"}
        return Signal("quality", account, f"quality:{number}/accuracy", at, "known", value, {**about, **more})
    more = {"metric": "revenue", "recent": f"{at - 60_000}:9:{value}:0.1:1.0"}
    return Signal("metric", account, f"metric:{number}/revenue", at, "known", value, {**about, **more})
