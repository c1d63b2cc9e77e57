"""Ticks: which seconds are to be worked on now, and which ones have been missed."""

from __future__ import annotations

from typing import NamedTuple

GRACE_S = 3
"""A tick up to this late is still worked on: its checks start late, and say so in `started_ms`."""

REPLAY_S = 15 * 60
"""How far back missed ticks are reported. What lies before is a gap without results."""


class Span(NamedTuple):
    """Ticks (seconds UTC): `missed` ones are reported as such, `live` ones are checked."""

    missed: range
    live: range


class Ticks:
    """A watermark over one-second ticks: each second is handed out exactly once, however late.

    `watermark` is the last second that an earlier run handed out; None at the very first start, which has
    missed nothing.
    """

    def __init__(self, watermark: int | None, *, grace_s: int = GRACE_S, replay_s: int = REPLAY_S) -> None:
        self.watermark = watermark
        self._grace_s = grace_s
        self._replay_s = replay_s

    def take(self, now_s: int) -> Span:
        """The ticks after the watermark up to `now_s`, which becomes the watermark.

        The wall clock may jump. Back by up to `replay_s`: nothing is due until time has caught up, because
        those seconds were handed out. Back by more: the old time was wrong, so start anew from `now_s`.
        """
        before = self.watermark
        if before is None or before - now_s > self._replay_s:
            before = now_s - 1
        if now_s <= before:
            return Span(range(0), range(0))
        self.watermark = now_s
        live = max(before + 1, now_s - self._grace_s)
        return Span(range(max(before + 1, now_s - self._replay_s), live), range(live, now_s + 1))
