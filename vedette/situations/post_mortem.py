"""The draft of a post-mortem: what is known of a situation as Markdown, and headings for what only people know.

Its parts follow the example in Google's Site Reliability Engineering, appendix D: summary, impact, root causes,
detection, response, actions, lessons, timeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vedette.situations.markdown import plain, table

_BLANK = "_To be written._"
_DEEDS = ("acknowledged", "unacknowledged", "snoozed", "commented", "assigned", "silence", "end")
_MOST_CHANGES = 20
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def post_mortem(told: Mapping[str, Any], now_ms: int) -> str:
    """Of a situation as the API tells it; `now_ms` (UTC) is when this is written."""
    lines = [f"# Post-mortem: {plain(told['title'], 200)}", ""]
    lines += [f"_Draft of {moment(now_ms)} UTC, out of situation {told['id']}. All times are UTC._", ""]
    lines += ["## Summary", "", *_summary(told), "", _BLANK, ""]
    lines += ["## Impact", "", *_impact(told)]
    lines += ["## Root causes", "", _BLANK, "", "## Trigger", "", _BLANK, ""]
    lines += ["## Detection and response", "", *_response(told)]
    lines += ["## What else changed", "", *_changed(told)]
    lines += ["## Alerts", "", *_alerts(told)]
    lines += ["## Timeline", "", *_timeline(told)]
    lines += ["## Actions", "", *table(["action", "kind", "owner", "done"], [["", "", "", ""]])]
    lines += ["## Lessons learned", "", "### What went well", "", _BLANK, "", "### What went wrong", "", _BLANK, ""]
    return "\n".join(lines)


def moment(ms: int) -> str:
    """A time to the second, in UTC."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def length(seconds: int) -> str:
    """A length of time in its two largest units."""
    if seconds < 60:
        return f"{seconds} s"
    for at, (width, unit) in enumerate(_UNITS):
        if seconds >= width:
            rest, (smaller, name) = seconds % width, _UNITS[at + 1] if at + 1 < len(_UNITS) else (1, "s")
            return f"{seconds // width} {unit}" + (f" {rest // smaller} {name}" if rest // smaller else "")
    raise AssertionError(seconds)


def _summary(told: Mapping[str, Any]) -> list[str]:
    ended = told["ended_ms"]
    until = "still open" if ended is None else f"until {moment(ended)}"
    severity = f", {plain(told['severity'])}" if told["severity"] else ""
    count = told["alerts"]
    lines = [
        f"- From {moment(told['started_ms'])}, {until} ({length(told['impact']['lasted_s'])})",
        f"- {count} alert{'' if count == 1 else 's'}{severity}",
    ]
    lines += [
        f"- It seemed over from {moment(one['from_ms'])} until {moment(one['to_ms'])}" for one in told["quiet"][:10]
    ]
    return lines


def _impact(told: Mapping[str, Any]) -> list[str]:
    found = told["impact"]
    lines = [
        f"- Down: {length(found['down_s'])} (any endpoint, since its outage was confirmed)",
        f"- Failed checks: {found['failed_checks']} of {found['checks']}",
    ]
    if found["hosts"]:
        lines.append(f"- Hosts: {', '.join(plain(one) for one in found['hosts'])}")
    if found["models"]:
        lines.append(f"- Models: {', '.join(str(one) for one in found['models'])}")
    if not found["monitors"]:
        return [*lines, ""]
    rows = [
        [
            plain(one["name"]), length(one["down_s"]), length(one["failing_s"]),
            f"{one['failed_checks']} of {one['checks']}", *(_shown(text) for text in one["apdex_shown"]),
            "" if one["apdex_loss"] is None else f"{one['apdex_loss']:+.2f}",
        ]
        for one in found["monitors"]
    ]  # fmt: skip
    heads = ["endpoint", "down", "failing", "failed checks", "Apdex before", "Apdex during", "loss"]
    return [*lines, "", *table(heads, rows)]


def _shown(text: str | None) -> str:
    return "" if text is None else plain(text)


def _response(told: Mapping[str, Any]) -> list[str]:
    found = told["impact"]
    if found["acknowledged_by"] is None:
        lines = ["- Nobody has acknowledged any of the alerts."]
    else:
        after = length(found["acknowledged_after_s"])
        lines = [f"- {plain(found['acknowledged_by'])} acknowledged first, {after} after the beginning."]
    sent = ", ".join(f"{count} {state}" for state, count in found["notifications"].items())
    lines.append(f"- Notifications: {sent or 'none'}")
    deeds = [step for step in told["timeline"] if step["what"] in _DEEDS and step["by"]]
    lines += [f"- {moment(step['at_ms'])} {_words(step)}" for step in deeds]
    return [*lines, ""]


def _changed(told: Mapping[str, Any]) -> list[str]:
    if not told["changed"]:
        return ["Nothing else was found.", ""]
    rows = [
        [
            f"{change['score']:.2f}", change["kind"], plain(change["title"]), moment(change["at_ms"]),
            _number(change["before"]), _number(change["after"]),
        ]
        for change in told["changed"][:_MOST_CHANGES]
    ]  # fmt: skip
    note = "The score says how much it was, how near to the beginning and how akin: not that it was the cause."
    return [note, "", *table(["score", "what", "which", "when", "before", "after"], rows)]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _alerts(told: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            plain(one["title"] or one["rule_name"]), plain(one["severity"]), moment(one["started_ms"]),
            "open" if one["ended_ms"] is None else moment(one["ended_ms"]), _because(one["because"]),
        ]
        for one in told["members"]
    ]  # fmt: skip
    lines = table(["alert", "severity", "began", "ended", "belongs here by"], rows)
    more = told["alerts"] - len(rows)
    return [*lines, f"And {more} more.", ""] if more > 0 else lines


def _because(link: Mapping[str, Any] | None) -> str:
    return "" if link is None else f"{link['what']} {plain(link['which'])}"


def _timeline(told: Mapping[str, Any]) -> list[str]:
    lines = [f"- {moment(step['at_ms'])} {_words(step)}" for step in told["timeline"]]
    if told["timeline_left_out"]:
        lines.append(f"- {told['timeline_left_out']} steps of the middle are left out.")
    return [*lines, ""]


def _words(step: Mapping[str, Any]) -> str:
    what = step["what"]
    if what == "outage":
        place = f" at {plain(step['location'])}" if step["location"] else ""
        said = f"**{plain(step['vote'])}**{place}: {plain(step['title'])}"
    else:
        said = f"**{plain(what)}** {plain(step['title'])}"
    if step.get("alerts", 1) > 1:
        said += f" ({step['alerts']} alerts)"
    if step.get("until_ms"):
        said += f", until {moment(step['until_ms'])}"
    if step["by"]:
        said += f", by {plain(step['by'])}"
    return said + (f": {plain(step['text'])}" if step["text"] else "")
