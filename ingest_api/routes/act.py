"""Links in messages: a page of their own, where whoever got the message acknowledges, without signing in.

Looking changes nothing, for mail servers and chats open links by themselves: only the button does.
"""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Depends, Response

from ingest_api.context import Context, context
from vedette.errors import Conflict, NotFound
from vedette.store import alert_links
from vedette.store.alert_links import Link

router = APIRouter(tags=["alerting"], include_in_schema=False)
_MOST_SHOWN = 50
_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_STYLE = """body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem;
  background: #14171c; color: #e6e8eb }
button { font: inherit; padding: .7rem 2rem; border: 0; border-radius: .4rem; background: #4c7bd9; color: #fff }
a { color: #8db0f5 }
li { margin: .3rem 0 }
"""


@router.get("/act/style.css")
def style() -> Response:
    """How the page looks: inline styles are not allowed."""
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "max-age=86400"})


@router.get("/act/{token}")
def look(token: str, found: Context = Depends(context)) -> Response:
    """What the link is about, with a button."""
    try:
        link = alert_links.find(found.store, token)
    except NotFound as error:
        return _page(404, "Nothing here", f"<p>{escape(str(error))}.</p>")
    if link.used or not link.open:
        return _page(200, "Nothing to do", _alerts(link))
    button = '<form method="post"><button type="submit">Acknowledge</button></form>'
    return _page(200, "Take it up?", _alerts(link) + button)


@router.post("/act/{token}")
def acknowledge(token: str, found: Context = Depends(context)) -> Response:
    """Acknowledge all that the link is about and nobody has."""
    try:
        done = alert_links.acknowledge(found.store, token)
        link = alert_links.find(found.store, token)
    except NotFound as error:
        return _page(404, "Nothing here", f"<p>{escape(str(error))}.</p>")
    except Conflict as error:
        return _page(409, "Nothing to do", f"<p>{escape(str(error))}.</p>")
    return _page(200, "Acknowledged" if done else "Nothing to do", _alerts(link))


def _alerts(link: Link) -> str:
    rows = "".join(f"<li>{escape(one['title'])}: {escape(_standing(one))}</li>" for one in link.alerts[:_MOST_SHOWN])
    more = len(link.alerts) - _MOST_SHOWN
    return f"<ul>{rows}</ul>" + (f"<p>and {more} more</p>" if more > 0 else "")


def _standing(alert: dict[str, object]) -> str:
    if alert["state"] != "firing":
        return "over"
    by = alert["acknowledged_by"]
    return "firing" if by is None else f"acknowledged by {by}"


def _page(status: int, title: str, body: str) -> Response:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title} · Vedette</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/act/style.css"></head>'
        f'<body><h1>{title}</h1>{body}<p><a href="/">Open Vedette</a></p></body></html>'
    )
    return Response(text, status, media_type="text/html", headers=_HEADERS)
