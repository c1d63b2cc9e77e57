"""Links in messages: a page of their own, where whoever got the message does something about it, without signing in.

Looking changes nothing, for mail servers and chats open links by themselves: only a button does, once.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from ingest_api.act_page import ASSIGN, COMMENT, HOURS, MORNING, RESOLVE, STYLE, TAKE_UP, buttons, page, subjects
from ingest_api.context import Context, context
from ingest_api.routes.hands import stream
from vedette.errors import Conflict, InvalidInput, NotFound
from vedette.notifying.morning import next_morning
from vedette.store import alert_links, deeds
from vedette.store.alert_links import Deed, Link

router = APIRouter(tags=["alerting"], include_in_schema=False)
_DONE = {TAKE_UP: "Acknowledged", **dict.fromkeys((*HOURS, MORNING), "Put off"), RESOLVE: "Resolved", COMMENT: "Noted",
         ASSIGN: "Assigned"}  # fmt: skip
_MOST_TEXT, _MOST_NAME = 2000, 200


@router.get("/act/style.css")
def style() -> Response:
    """How the page looks: inline styles are not allowed."""
    return Response(STYLE, media_type="text/css", headers={"Cache-Control": "max-age=86400"})


@router.get("/act/{token}")
def look(token: str, found: Context = Depends(context)) -> Response:
    """What the link is about, with buttons for what may be done."""
    try:
        link = alert_links.find(found.store, token)
    except NotFound as error:
        return page(404, "Nothing here", said=str(error))
    if link.used:
        return page(200, "Nothing to do", subjects(link), said="this link was used before")
    title = "Take it up?" if link.open else "Nothing to take up"
    return page(200, title, subjects(link) + buttons(link, next_morning(found.clock.now_ms(), link.zone)))


async def _form(request: Request) -> bytes:
    return await request.body()


@router.post("/act/{token}")
def act(token: str, form: bytes = Depends(_form), found: Context = Depends(context)) -> Response:
    """Do it to all that the link is about and for which it makes sense."""
    try:
        link = alert_links.find(found.store, token)
        pressed, text, to = _said(form)
        done = alert_links.act(found.store, token, _deed(pressed, text, to, link, found.clock.now_ms()))
        link = alert_links.find(found.store, token)
    except NotFound as error:
        return page(404, "Nothing here", said=str(error))
    except Conflict as error:
        return page(409, "Nothing to do", said=str(error))
    except InvalidInput as error:
        return page(422, "Not done", said=str(error))
    stream(found, done)
    return page(200, _DONE[pressed] if done else "Nothing to do", subjects(link))


def _said(form: bytes) -> tuple[str, str, str]:
    """The button, the words beside it, and to whom. Without a button, as from a page of an earlier version, it is taken
    up."""
    try:
        said = dict(parse_qsl(form.decode(), max_num_fields=10))
    except ValueError as error:
        raise InvalidInput("the form", "", "the fields deed, text and to") from error
    pressed, text = said.get("deed", TAKE_UP), said.get("text", "").strip()
    if pressed not in _DONE:
        raise InvalidInput("deed", pressed[:20], ", ".join(_DONE))
    if len(text) > _MOST_TEXT or "\0" in text or (pressed == COMMENT and not text):
        raise InvalidInput("text", text[:20], f"1 to {_MOST_TEXT} characters without NUL, with a remark")
    to = said.get("to", "").strip()
    if pressed == ASSIGN and (not 1 <= len(to) <= _MOST_NAME or "\0" in to):
        raise InvalidInput("to", to[:20], f"1 to {_MOST_NAME} characters without NUL")
    return pressed, text, to


def _deed(pressed: str, text: str, to: str, link: Link, now_ms: int) -> Deed:
    if pressed == TAKE_UP:
        return partial(deeds.acknowledge, text=text)
    if pressed == RESOLVE:
        return partial(deeds.resolve, text=text)
    if pressed == COMMENT:
        return partial(deeds.comment, text=text)
    if pressed == ASSIGN:
        return partial(deeds.assign, to=to, text=text)
    if pressed == MORNING:
        until_ms = round(next_morning(now_ms, link.zone).timestamp() * 1000)
    else:
        until_ms = now_ms + HOURS[pressed] * 3_600_000
    return partial(deeds.snooze, until_ms=until_ms, text=text)
