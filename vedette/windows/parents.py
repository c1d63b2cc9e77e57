"""Parents: whether the outage of a monitor is explained by that of the monitor it depends on, or may be soon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from vedette.events.checks import CheckRecord
from vedette.events.control import Recheck, recheck
from vedette.windows.incident import end_ms
from vedette.windows.outage_state import Knowledge, MonitorState
from vedette.windows.votes import Policy

HOLD_MS = 5_000
"""How long a confirmation waits at most for what becomes of the parent."""
_MOST_ABOVE = 20


def explains(policy: Policy, known: Knowledge) -> int | None:
    """The parent, if it is down."""
    if policy.parent is None:
        return None
    standing = known.standing(policy.parent)
    return policy.parent if standing is not None and standing.state == "down" else None


def orders(result: CheckRecord, policy: Policy, known: Knowledge, places: Iterable[str]) -> Iterator[Recheck]:
    """Orders to look at once at all that the failing monitor depends on, from `places` unless they have their own."""
    at, above = end_ms(result), policy.parent
    for _ in range(_MOST_ABOVE):
        if above is None:
            return
        theirs = known.policy(above)
        standing = known.standing(above)
        well = standing is None or standing.state != "down"
        if well and theirs.recheck and not theirs.paused and known.may_ask(above, at):
            about = replace(result, monitor=above)
            yield from (recheck(about, place, result.account, at) for place in sorted(theirs.locations or places))
        above = theirs.parent


def holds_back(monitor: MonitorState, policy: Policy, known: Knowledge, clock_ms: int) -> bool:
    """Whether nobody is called yet: the parent fails too, or was asked and has not answered, or has just come back.

    For `HOLD_MS` at most from the first time on; or until each location whose failure the parent's explained has looked
    again, for an interval and a timeout at most. After that somebody is called whatever the parent says.
    """
    if policy.parent is None:
        return False
    returned, doubt = _from_before(monitor), _in_doubt(monitor, policy.parent, known)
    if monitor.held_until_ms:
        doubt = doubt and clock_ms < monitor.held_from_ms + HOLD_MS
        return clock_ms < monitor.held_until_ms and (returned or doubt)
    if not returned and not doubt:
        return False
    hold_ms = policy.interval_ms + policy.timeout_ms if returned else HOLD_MS
    monitor.held_from_ms, monitor.held_until_ms, monitor.held_at = clock_ms, clock_ms + hold_ms, monitor.now_ms
    return True


def _from_before(monitor: MonitorState) -> bool:
    """Whether a location that fails has not looked again since its failure was explained by the parent's."""
    return any(vote.failing and vote.started_ms <= monitor.explained_ms for vote in monitor.votes.values())


def _in_doubt(monitor: MonitorState, parent: int, known: Knowledge) -> bool:
    standing, incident = known.standing(parent), monitor.incident
    if standing is not None and standing.state == "partial":
        return True
    theirs = known.policy(parent)
    if incident is None or not monitor.asked_parent or not theirs.recheck or theirs.paused:
        return False
    return standing is None or standing.at_ms < incident.started_ms
