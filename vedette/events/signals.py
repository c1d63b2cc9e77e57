"""Signals: what a dataflow found out about a subject. Alert transitions: what alerting made of it."""

from __future__ import annotations

from typing import Literal

import msgspec

SignalKind = Literal[
    "endpoint",
    "monitor",
    "host",
    "series",
    "trend",
    "clone",
    "clock",
    "notice",
    "drift",
    "model",
    "quality",
    "timer",
    "budget",
    "expression",
    "metric",
]
READ: frozenset[SignalKind] = frozenset({"series", "expression"})
"""Kinds of which there is a signal with each reading; of others there is one when something has changed."""
AlertState = Literal[
    "firing",
    "resolved",
    "notice",
    "unknown",
    "known",
    "acknowledged",
    "unacknowledged",
    "snoozed",
    "commented",
    "assigned",
    "reminded",
]
"""A `notice` is a one-off: it is said, and nothing of it lasts. `unknown`: whether it still fires cannot be told, for
nothing is heard of its subject; `known`: it can again, and it does. Those after it are what people do about an alert,
and `reminded`, that they were told again: the alert goes on."""


class Signal(msgspec.Struct, omit_defaults=True):
    """The state of a subject as of `at` (milliseconds UTC).

    `endpoint`: subject `monitor:ID@LOCATION`, state `up | down`. `monitor`: subject `monitor:ID`, all locations
    together, state `up | degraded | partial | down`; in both `detail` has `maintenance: 1` or `suppressed_by` (a
    monitor that it depends on is down) when nobody is to be called, and the state is `paused`, or `unknown` when it is
    no longer checked there. With `silent_s` in `detail`, `unknown` says that nobody has reported of it for so many
    seconds, or with `heard: 1` that this is over, and how it is comes next. `host`: subject `source:NAME`, state
    `active | silent`. `series`: subject
    `series:SOURCE/NAME`, with the `value` last observed; or of a monitor's checks
    `monitor:ID/NAME` or `monitor:ID@LOCATION/NAME`, state `over` when it is checked no more, `detail` as of `monitor`;
    in `detail`, of this and of `expression`, `turned_ms`, if the
    source's clock was ever set back: when the log heard of that last. Since then `at` is by another clock. `clone`:
    subject `clone:NAME`, state `clone | ok`, whether several machines report as this host. `clock`: subject
    `clock:NAME`, state `off | ok`, `value` its clock's offset in
    ms. `trend`: subject `monitor:ID`, state `down | up | over`, with
    the change of Apdex as `value` and, in `detail`, `trend` `step | decline`, each a subject of its own. `notice`:
    subject `plugin:SOURCE/INSTANCE`, what a plugin wants people to read: `detail` has `title`, `body`, and `said_ms` by
    the host's own clock, which tells notices apart. `drift`: subject `model:ID/FEATURE` or `model:ID@VERSION/FEATURE`,
    state `drift | ok` as of the end of a window, `value` the statistic that says most; of a segment of its rows
    `segment:ID/SEGMENT/FEATURE` or `segment:ID@VERSION/SEGMENT/FEATURE`, only while it is raised and once when that is
    over. `model`: subject `model:ID` or `model:ID@VERSION`, state `active | no_data`. `quality`: subject
    `quality:ID/METRIC` or `quality:ID@VERSION/METRIC`, state `known | over`, `value` the metric in the newest window,
    and in `detail` `recent`, the last windows as `START_MS:VALUE:ROWS` with blanks between. `budget`: subject
    `monitor:ID`, state `spent | whole | paused`, whether any check of the last three days was not good; in `detail`
    `budget`, counts of windows (`events/budgets.py`).
    `expression`: subject `expression:SOURCE/MARK` with the labels whose combination it is about in braces, state
    `true | false`, `value` the number that is compared first and, in `detail`, `readings`; or state `unknown`, with the
    reason in `detail` as `why`, which says that there is no such reading now: a receiver may get it again.
    `metric`: subject `metric:ID/NAME` or `metric:ID@VERSION/NAME`, state `known | over`, `value` the mean in the newest
    window, and in `detail` `recent`, the last windows as `START_MS:COUNT:MEAN:MIN:MAX` with blanks between.
    `timer`: subject of another signal, which alerting has not heard of for a while; state `silent` (its host is) or
    `missing` (for `value` ms, while its host reports), or empty; `after` in `detail` is the last signal's `at`: if
    another came since, the timer says nothing any more. A receiver ignores any other signal that is not newer than the
    last one it has seen of the same subject: after a crash they may come again.
    """

    kind: SignalKind
    account: int
    subject: str
    at: int
    state: str = ""
    value: float = 0.0
    detail: dict[str, str | int | float | None] = msgspec.field(default_factory=dict)


def source_of(subject: str) -> str:
    """The source of a `series` or an `expression`."""
    return subject.partition(":")[2].partition("/")[0]


class AlertTransition(msgspec.Struct, omit_defaults=True):
    """An alert changed its state. `id` follows from rule, subject and the signal that caused it."""

    id: int
    alert: int
    account: int
    rule: int
    rule_name: str
    subject: str
    state: AlertState
    at: int
    title: str
    value: float | None = None
    detail: dict[str, str | int | float | None] = msgspec.field(default_factory=dict)
    severity: str = ""


class Reject(msgspec.Struct, omit_defaults=True):
    """A message that nobody could read: its bytes, why, and where it stood in the log."""

    topic: str
    partition: int
    offset: int
    reason: str
    data: bytes
    at: int
