"""Outcome: what became of one run, judged from how its process ended and what it answered."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from agent.collectors.base import label_text
from agent.plugins.launcher.client import MOST_ANSWER, MOST_NOISE, Ended
from agent.plugins.launcher.watching import MOST_PROCESSES
from agent.plugins.secrets import Mask, Resolved
from vedette.errors import InvalidInput
from vedette.events.fleet import LONGEST_TEXT, PluginHealth
from vedette.events.names import canonical, format_series
from vedette.events.plugins import PluginSpec
from vedette.events.samples import Kind

MOST_MEMORY = 256 << 10
"""Longest memory of an instance, in bytes of JSON."""
MOST_REASONS = 5
LONGEST_SUBJECT = 300


class Answer(msgspec.Struct):
    """What a plugin's process answers (`vedette_plugin/running.py`). Nothing of it is trusted."""

    values: list[tuple[str, str, Kind, dict[str, str]]] = msgspec.field(default_factory=list)
    alerts: list[tuple[str, str]] = msgspec.field(default_factory=list)
    errors: list[tuple[str, str]] = msgspec.field(default_factory=list)
    over: int = 0
    memory: dict[str, Any] = msgspec.field(default_factory=dict)
    secrets: list[str] = msgspec.field(default_factory=list)
    failure: tuple[str, str] | None = None
    modules: list[str] = msgspec.field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """One run: its state, the series it gave, alerts (subject, body), and its memory, None if that stays as it was.

    `error` may be set beside `ok`: some values were not good, which the text tells.
    """

    state: PluginHealth
    error: str | None = None
    values: dict[str, float] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    alerts: list[tuple[str, str]] = field(default_factory=list)
    memory: dict[str, Any] | None = None
    run_ms: float = 0.0
    cpu_ms: float = 0.0
    modules: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    noise: str = ""


_answers = msgspec.json.Decoder(Answer)


def judge(spec: PluginSpec, ended: Ended, given: Resolved, known_secrets: list[str]) -> Outcome:
    """What the end of a run means. Every text in it is masked and cut to what may travel."""
    try:
        answer = _answers.decode(ended.answer)
    except msgspec.DecodeError:
        answer = None
    secrets = known_secrets if answer is None else answer.secrets
    mask = given.mask({*secrets, *known_secrets})
    noise = mask(ended.noise.decode("utf-8", "replace")).strip()
    if ended.why or answer is None or ended.code() != 0:
        outcome = _ended_badly(spec, ended, noise)
    elif answer.failure is not None:
        outcome = Outcome("failing", text(mask(_joined(answer.failure)), LONGEST_TEXT))
    else:
        outcome = _answered(spec, answer, mask)
    outcome.noise, outcome.secrets = noise, secrets
    outcome.run_ms, outcome.cpu_ms = ended.wall_s * 1000, ended.cpu_s * 1000
    return outcome


def _ended_badly(spec: PluginSpec, ended: Ended, noise: str) -> Outcome:
    if ended.why == "timeout":
        return Outcome("timeout", f"it took longer than {spec.timeout_s:g} s and was ended")
    reasons = {
        "memory": f"it held more than {spec.memory_mb} MB and was ended",
        "processes": f"it had more than {MOST_PROCESSES} processes at a time and was ended",
        "answer": f"it answered more than {MOST_ANSWER} bytes and was ended",
        "noise": f"it printed more than {MOST_NOISE} bytes and was ended",
    }
    reason = reasons.get(ended.why, ended.why)
    if not reason:
        code = ended.code()
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        reason = f"its process ended {how} without a good answer"
    return Outcome("failing", text(f"{reason}; it printed: {noise}" if noise else reason, LONGEST_TEXT))


def _answered(spec: PluginSpec, answer: Answer, mask: Mask) -> Outcome:
    outcome = Outcome("ok", modules=answer.modules)
    reasons: Counter[str] = Counter()
    for metric, number, kind, labels in answer.values[: spec.max_series]:
        try:
            series, value = _sample(spec, metric, number, labels, mask)
            if series in outcome.values:
                raise InvalidInput(mask(metric)[:100], label_text(series), "each series once in a run")
        except InvalidInput as error:
            reasons[f"{error.field}: {error.allowed}"] += 1
            continue
        outcome.values[series] = value
        if kind != "gauge":
            outcome.kinds[series] = kind
    over = answer.over + max(0, len(answer.values) - spec.max_series)
    if over:
        reasons[f"only {spec.max_series} series are taken of a run; allowed by max_series"] += over
    outcome.alerts = [
        (text(mask(subject), LONGEST_SUBJECT) or "alert", text(mask(body), LONGEST_TEXT))
        for subject, body in answer.alerts
    ]
    _remember(outcome, answer, reasons)
    said = [_refused(reasons)] if reasons else []
    if answer.errors:
        outcome.state = "failing"
        said = [mask(_joined(error)) for error in answer.errors] + said
    outcome.error = text("; ".join(said), LONGEST_TEXT) or None
    return outcome


def _remember(outcome: Outcome, answer: Answer, reasons: Counter[str]) -> None:
    if len(msgspec.json.encode(answer.memory)) > MOST_MEMORY:
        reasons[f"its memory is longer than {MOST_MEMORY} bytes, so the one before is kept"] += 1
    else:
        outcome.memory = answer.memory


def _sample(spec: PluginSpec, metric: str, number: str, labels: dict[str, str], mask: Mask) -> tuple[str, float]:
    shown = mask(metric)[:100]
    if "instance" in labels:
        raise InvalidInput(shown, "instance", "labels other than instance, which the agent sets")
    if shown != metric[:100] or "{" in metric:
        raise InvalidInput(shown, shown, "a metric's name without labels or secrets")
    pairs = {key: label_text(mask(value)) for key, value in labels.items()}
    pairs["instance"] = spec.name
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInput(shown, number, f"a finite number, not {number[:20]}")
    try:
        canonical(metric)  # a name by itself too: `redis.` alone would be one
        return canonical(format_series(f"{spec.plugin}.{metric}", tuple(sorted(pairs.items())))), value
    except InvalidInput as error:
        raise InvalidInput(shown, error.value, error.allowed) from error


def _refused(reasons: Counter[str]) -> str:
    """The most frequent reasons, in one text."""
    shown = [
        f"{reason} ({count} times)" if count > 1 else reason for reason, count in reasons.most_common(MOST_REASONS)
    ]
    left = len(reasons) - len(shown)
    return "not taken: " + "; ".join(shown) + (f"; and {left} other reasons" if left > 0 else "")


def _joined(pair: tuple[str, str]) -> str:
    return f"{pair[0]}: {pair[1]}" if pair[1] else pair[0]


def text(said: str, most: int) -> str:
    """`said` as it may travel and be stored: at most `most` characters, and printable."""
    cut = said.strip() if len(said.strip()) <= most else said.strip()[: most - 1] + "…"
    return "".join(char if char.isprintable() or char in "\n\t" else "?" for char in cut)
