"""The page behind the links in messages: what they are about, and buttons for what may be done."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from fastapi import Response

from vedette.store.alert_links import Link

TAKE_UP, MORNING, RESOLVE, COMMENT, ASSIGN = "acknowledge", "snooze-morning", "resolve", "comment", "assign"
HOURS = {"snooze-1h": 1, "snooze-4h": 4}
"""What the buttons say; of those that put off, for how many hours."""
_MOST_SHOWN = 50
_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
STYLE = """body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem;
  background: #14171c; color: #e6e8eb }
button { font: inherit; padding: .7rem 1.4rem; margin: .3rem .3rem .3rem 0; border: 1px solid #4c7bd9;
  border-radius: .4rem; background: none; color: #e6e8eb }
button.first { padding: .7rem 2rem; background: #4c7bd9; color: #fff }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem; margin: .6rem 0; border: 1px solid #4a515c;
  border-radius: .4rem; background: #1b1f26; color: #e6e8eb }
a { color: #8db0f5 }
li { margin: .3rem 0 }
"""


def subjects(link: Link) -> str:
    """The alerts that it is about, and how they stand."""
    zone = ZoneInfo(link.zone)
    rows = "".join(
        f"<li>{escape(one['title'])}: {escape(_standing(one, zone))}</li>" for one in link.alerts[:_MOST_SHOWN]
    )
    more = len(link.alerts) - _MOST_SHOWN
    return f"<ul>{rows}</ul>" + (f"<p>and {more} more</p>" if more > 0 else "")


def _standing(alert: dict[str, object], zone: ZoneInfo) -> str:
    if alert["state"] != "firing":
        return "over"
    if alert["acknowledged_by"] is not None:
        return f"acknowledged by {alert['acknowledged_by']}"
    until_ms = alert["snoozed_until_ms"]
    if isinstance(until_ms, int):
        return f"firing, put off until {_moment(datetime.fromtimestamp(until_ms / 1000, UTC).astimezone(zone))}"
    return "firing"


def _moment(at: datetime) -> str:
    return f"{at:%H:%M on %a %d %b} ({at.tzinfo})"


def buttons(link: Link, morning: datetime) -> str:
    """One form: each button does its deed, with the words that stand beside it, and uses the link up."""
    first = _button(TAKE_UP, "Acknowledge", "first") if link.open else ""
    others = ""
    if link.open:
        others += "".join(_button(deed, f"Put off for {hours} h") for deed, hours in HOURS.items())
        others += _button(MORNING, f"Put off until {_moment(morning)}")
    others += _button(COMMENT, "Only remark")  # before what ends it: the key Enter presses the first of all
    if link.firing:
        others += _button(RESOLVE, "Resolve")
        to = f'<input name="to" maxlength="200" value="{escape(link.channel)}" aria-label="Whose it is">'
        others += to + _button(ASSIGN, "Assign to them")
    text = '<input name="text" maxlength="2000" placeholder="A remark" aria-label="A remark">'
    once = "<p>The link works once: for one of these.</p>"
    return f'<form method="post">{first}<div id="more">{text}{others}</div></form>{once}'


def _button(deed: str, label: str, kind: str = "") -> str:
    shown = f' class="{kind}"' if kind else ""
    return f'<button type="submit" name="deed" value="{deed}"{shown}>{escape(label)}</button>'


def page(status: int, title: str, body: str = "", *, said: str = "") -> Response:
    """The whole page; `said` is text, `body` is markup."""
    words = f"<p>{escape(said)}.</p>" if said else ""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title} · Vedette</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/act/style.css"></head>'
        f'<body><h1>{title}</h1>{words}{body}<p><a href="/">Open Vedette</a></p></body></html>'
    )
    return Response(text, status, media_type="text/html", headers=_HEADERS)
