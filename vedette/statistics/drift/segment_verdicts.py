"""What a window says of the segments of a model: each compared with the same segment of the reference.

All tests of all segments of a window are one family, adjusted together, and not with those of the whole: so segments
change no verdict on the whole, and of quiet windows about a share of alpha shows drift in any segment of any feature.
There may be thousands of them, nearly all quiet: those that decide nothing are screened (see `Plan`). Numbers beyond
the reference's range are left to the whole, whose range it is: how often quiet rows of a segment are beyond it depends
on how that segment differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from vedette.statistics.drift.counts import Counts, Moments
from vedette.statistics.drift.places import counts_at
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.segments import CountsBySegment, Segments
from vedette.statistics.drift.verdict import Draft, Plan, Verdict, adjusted, draft


@dataclass(frozen=True, slots=True)
class SegmentVerdict:
    """The verdict on one feature in one segment, and what it was found from: counts without moments, and without names
    of what is unseen."""

    segment: str
    counts: Counts
    verdict: Verdict


def judge_segments(
    segments: Segments, profiles: Sequence[FeatureProfile], window: Mapping[str, Counts], plan: Plan
) -> list[SegmentVerdict]:
    """One for each feature and segment, but for segments of which neither side has a row.

    Features that the window has not, or of which parts of it were not counted by these segments, have none.
    """
    tested = tuple(one for one in plan.statistics if one != "out_of_range_rate")
    plan = msgspec.structs.replace(plan, screened=True, statistics=tested)
    drafts: list[tuple[str, Counts, Draft]] = []
    for profile in profiles:
        found, own = window.get(profile.name), segments.counts.get(profile.name)
        if own is None or not isinstance(found, CountsBySegment) or found.segments.shape != own.shape:
            continue
        for at, label in enumerate(segments.labels):
            if own[at].any() or found.segments[at].any():
                counts = counts_at(found.segments[at], Moments(origin=profile.mean))
                drafts.append((label, counts, draft(segments.profile(profile, at), counts, plan)))
    verdicts = adjusted([one for *_, one in drafts], plan)
    return [SegmentVerdict(label, counts, one) for (label, counts, _), one in zip(drafts, verdicts, strict=True)]
