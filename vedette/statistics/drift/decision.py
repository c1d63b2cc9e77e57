"""From verdicts of windows to drift: k of the last m windows, with a cool-down after an alarm.

A pure state machine: `step` takes a state and a verdict and gives the next state and what changed.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from vedette.errors import InvalidInput

State = Literal["ok", "drift", "insufficient_data", "no_data"]
Change = Literal["raised", "cleared"]


class Policy(msgspec.Struct, frozen=True):
    """Drift is raised when `wanted` of the last `of` windows drifted, and cleared when none of the last `of` did.

    For `cooldown` windows after it was cleared it is not raised again.
    """

    wanted: int = 1
    of: int = 1
    cooldown: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.wanted <= self.of <= 1000 or not 0 <= self.cooldown <= 1000:
            raise InvalidInput(
                "policy", (self.wanted, self.of, self.cooldown), "1 ≤ wanted ≤ of ≤ 1000, cool-down 0 to 1000"
            )


class Progress(msgspec.Struct, frozen=True):
    """What is remembered: the last decided windows (True: drifted), whether drift is raised, windows left to cool."""

    recent: tuple[bool, ...] = ()
    raised: bool = False
    cooling: int = 0


def step(policy: Policy, progress: Progress, verdict: State) -> tuple[Progress, Change | None]:
    """The next state, and what changed.

    Windows without an answer (`insufficient_data`, `no_data`) count neither for nor against drift: they are no proof
    that it is over. A cool-down passes in them as in any window.
    """
    cooling = max(0, progress.cooling - 1)
    if verdict not in ("ok", "drift"):
        return Progress(progress.recent, progress.raised, cooling), None
    recent = (*progress.recent, verdict == "drift")[-policy.of :]
    if not progress.raised and not progress.cooling and sum(recent) >= policy.wanted:
        return Progress(recent, True, 0), "raised"
    if progress.raised and len(recent) == policy.of and not any(recent):
        return Progress(recent, False, policy.cooldown), "cleared"
    return Progress(recent, progress.raised, cooling), None
