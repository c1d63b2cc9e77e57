"""Checking in: what the gateway makes of an agent's check-in, and what it answers. Blocks on the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from ingest_api.fleet import orders
from ingest_api.fleet.clones import Machine, judge
from ingest_api.fleet.configuring import config_of
from vedette.errors import Unavailable
from vedette.events.codec import encode_json
from vedette.events.fleet import CheckIn, CheckInAnswer, Order, StandDown
from vedette.events.signals import Signal
from vedette.events.topics import SIGNALS
from vedette.log import Log, Message
from vedette.store import agents
from vedette.store.pool import Store
from vedette.telemetry import get_logger

CLOCK_OFF_MS = 60_000
"""A clock that is further off than this is told: its reports lie in the wrong minutes."""
_PATIENCE_S = 10.0


@dataclass(slots=True)
class _Verdict:
    clone: bool = False
    goes_on: bool = True


def check_in(store: Store, log: Log, account: int, found: CheckIn, now_ms: int, key: bytes) -> CheckInAnswer:
    """Write the check-in down, tell of clones and clocks that are off, and answer with configuration and orders.

    `key` signs what orders give an agent to authenticate with.
    """
    verdict = _Verdict()

    def judged(row: dict[str, Any]) -> tuple[list[dict[str, Any]], bool]:
        judgement = judge(
            msgspec.convert(row["machines"], list[Machine]),
            found.boot,
            found.epoch,
            found.fingerprint,
            enrolled=row["fingerprint"] if row["enrolled_ms"] is not None else None,
            now_ms=now_ms,
        )
        verdict.clone, verdict.goes_on = judgement.clone, judgement.goes_on
        return msgspec.to_builtins(judgement.machines), judgement.goes_on

    row = agents.check_in(store, account, found, now_ms, judged)
    _tell(store, log, account, row, verdict, now_ms)
    if verdict.goes_on:
        for heard in orders.HEARD:
            heard(store, log, account, found, now_ms)
    config, version = config_of(store, account, found.source)
    given: list[Order] = [_stand_down(account, found.source)]
    if verdict.goes_on:
        given = orders.lasting(store, account, found.source, now_ms, key)
    return CheckInAnswer(
        server_ms=now_ms,
        config_version=version,
        config=None if version == found.config_version else _raw(config),
        directives=[msgspec.Raw(msgspec.json.encode(order)) for order in given],
        clone=verdict.clone,
    )


def flags_of(row: dict[str, Any]) -> list[str]:
    """What is the matter with a host, by its agent's row: `clone`, `clock`, `refused`."""
    found = []
    if row["signalled"].get("clone") == "clone":
        found.append("clone")
    if abs(row["clock_offset_ms"]) > CLOCK_OFF_MS:
        found.append("clock")
    if row["refused"]:
        found.append("refused")
    return found


def _raw(config: dict[str, Any]) -> dict[str, msgspec.Raw]:
    return {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in config.items()}


def _stand_down(account: int, source: str) -> StandDown:
    reason = (
        f"another machine reports as {source!r} and came first; give this one a name of its own with"
        " `vedette agent enrol --source NAME`, or take the name over with --reclaim"
    )
    return StandDown(account, source, reason)


def _tell(store: Store, log: Log, account: int, row: dict[str, Any], verdict: _Verdict, now_ms: int) -> None:
    """Signals for what has changed. Told anew at the next check-in if the log or the database does not take it."""
    clock = "off" if abs(row["clock_offset_ms"]) > CLOCK_OFF_MS else "ok"
    states = {"clone": "clone" if verdict.clone else "ok", "clock": clock}
    before = {"clone": "ok", "clock": "ok", **row["signalled"]}
    changed = [kind for kind in states if states[kind] != before[kind]]
    if not changed:
        return
    source = row["source"]
    signals = []
    if "clone" in changed:
        detail: dict[str, str | int | float | None] = {"machines": len(row["machines"])}
        signals.append(Signal("clone", account, f"clone:{source}", now_ms, states["clone"], detail=detail))
    if "clock" in changed:
        offset = float(row["clock_offset_ms"])
        signals.append(Signal("clock", account, f"clock:{source}", now_ms, states["clock"], offset))
    messages = [Message(signal.subject.encode(), encode_json(signal)) for signal in signals]
    try:
        log.produce(SIGNALS.name, messages).result(_PATIENCE_S)
    except (Unavailable, TimeoutError) as error:
        get_logger("fleet").warning("signals_not_told", source=source, error=str(error))
        return
    agents.set_signalled(store, account, source, states)
