"""Wording: a notification as a title and lines for people, and its pieces within a receiver's limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from alerting.links import path_of
from alerting.reports.contents import from_json
from alerting.reports.sections import kind_of, title_of
from alerting.reports.text import text_lines

REPORT = "report"
"""The event of a notification that is no alert's, but a report."""
MARK = "…"
_LISTED = 20
_DEEDS = {
    "acknowledged": "Acknowledged",
    "unacknowledged": "Given back",
    "reminded": "Still firing",
}


def utf16(text: str) -> int:
    """Length in UTF-16 units: what receivers call characters is never more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8(text: str) -> int:
    """Length in bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def cut(text: str, most: int, size: Callable[[str], int] = utf16) -> str:
    """The text, or as much of its beginning as fits into `most` with a mark that something is missing."""
    if size(text) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle] + MARK) <= most:
            low = middle
        else:
            high = middle - 1
    return text[:low] + MARK


@dataclass(frozen=True, slots=True)
class Message:
    """A notification for people.

    `word` says where in its life the alert is (Firing, Still firing, Acknowledged, Given back, Resolved, Notice),
    `title` what it is about, `lines` more of it, `link` its place on the page (None if nobody said where the page is),
    `acknowledge` where it is acknowledged without signing in (None where there is nothing to acknowledge).
    """

    event: str
    word: str
    title: str
    severity: str
    lines: tuple[str, ...]
    link: str | None
    acknowledge: str | None = None

    @property
    def more(self) -> str | None:
        """Where it is put off, resolved or remarked upon: the same page, for it works once."""
        return f"{self.acknowledge}#more" if self.acknowledge else None

    @property
    def heading(self) -> str:
        """Word and title in one line."""
        return f"{self.word}: {self.title}"

    @property
    def text(self) -> str:
        """All of it, a line each."""
        taking_up = [f"Acknowledge: {self.acknowledge}"] if self.acknowledge else []
        return "\n".join([self.heading, *taking_up, *self.lines, *([self.link] if self.link else [])])


def message_of(body: dict[str, Any], page: str | None = None) -> Message:
    """What the body of a notification says, with a link if `page` is the page's address."""
    if body["event"] == REPORT:
        contents = from_json(body["report"])
        return Message(REPORT, kind_of(contents), title_of(contents), "", tuple(text_lines(contents)), page)
    alert, detail = body["alert"], body.get("detail") or {}
    others = body.get("alerts") or [alert]
    event = str(body["event"])
    title = _line(detail.get("title") if event == "one-off" and detail.get("title") else alert["title"])
    if len(others) > 1:
        title = f"{len(others)} alerts: {title}, and others"
    return Message(
        event=event,
        word=_word(event, body.get("update")),
        title=title,
        severity=str(alert.get("severity") or ""),
        lines=tuple(_lines(body, others, detail)),
        link=None if page is None else page + path_of(alert["id"]),
        acknowledge=(body.get("links") or {}).get("acknowledge"),
    )


def _word(event: str, update: object) -> str:
    if event == "update":
        return _DEEDS.get(str(update), f"Update ({update})")
    return {"start": "Firing", "end": "Resolved", "one-off": "Notice"}.get(event, event)


def _lines(body: dict[str, Any], others: list[dict[str, Any]], detail: dict[str, Any]) -> list[str]:
    alert = body["alert"]
    found = []
    if detail.get("body"):
        found += [line.rstrip() for line in str(detail["body"]).splitlines()]
    if detail.get("by"):
        found.append(f"By {_line(detail['by'])}{': ' + _line(detail['text']) if detail.get('text') else ''}")
    if len(others) > 1:
        found += [f"- {_line(one['title'])}" for one in others[:_LISTED]]
        if len(others) > _LISTED:
            found.append(f"- and {len(others) - _LISTED} more")
    else:
        found.append(f"Subject: {_line(alert['subject'])}")
    if alert.get("severity"):
        found.append(f"Severity: {alert['severity']}")
    if alert.get("value") is not None:
        found.append(f"Value: {alert['value']:g}")
    found.append(f"Rule: {_line(alert['rule'])}")
    found.append(f"Began: {moment(alert['started_ms'])}")
    if alert.get("ended_ms") is not None and body["event"] == "end":
        found.append(f"Ended: {moment(alert['ended_ms'])}")
    missed = sum(bool(one.get("start_given_up")) for one in others)
    if missed:
        whose = "Its start" if len(others) == 1 else f"The start of {missed} of these"
        found.append(f"{whose} could not be delivered")
    if detail.get("runbook"):
        found.append(f"Runbook: {_line(detail['runbook'])}")
    return found


def moment(ms: int) -> str:
    """A time in ms UTC, to the second."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _line(text: object) -> str:
    """On one line, printable: titles hold what endpoints and plugins have said."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())
