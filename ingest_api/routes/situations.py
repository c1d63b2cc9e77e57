"""Situations: alerts that belong together, what else changed, and the draft of a post-mortem."""

from __future__ import annotations

import contextlib
import re
from typing import Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from ingest_api.context import Context, context
from ingest_api.routes.hands import Said, author, stream
from ingest_api.security import needs
from ingest_api.situations.telling import brief, whole
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import Conflict, InvalidInput
from vedette.situations.post_mortem import post_mortem
from vedette.store import hands, situations

router = APIRouter(prefix="/v1/situations", tags=["alerting"])
_MOST = 1 << 63
_LONGEST_MS = 366 * 86_400_000
_MOST_AT_ONCE = 500


@router.get("", summary="Situations, newest first")
def list_situations(
    from_: str = Query("-7d", alias="from"),
    to: str = Query("now"),
    state: Literal["open", "ended"] | None = None,
    least: int = Query(1, ge=1, le=1000, description="only those of at least so many alerts"),
    limit: int = Query(200, ge=1, le=1000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Those that went on at any time of the range, each once. `cut`: of very many alerts not all were read."""
    now = found.clock.now_ms()
    start, end = parse_time("from", from_, now), parse_time("to", to, now)
    if not 0 < end - start <= _LONGEST_MS:
        raise InvalidInput("from", from_, f"a moment before `to` ({to}), at most a year")
    # The end belongs to the range: what has begun this very moment is there.
    read = situations.between(found.store, principal.account, start, end + 1, now)
    rows = [
        one
        for one in reversed(read.situations)
        if len(one.alerts) >= least and (state is None or (one.ended_ms is None) == (state == "open"))
    ]
    return {"situations": [brief(one) for one in rows[:limit]], "cut": read.cut}


@router.get("/{situation}", summary="One situation, with what changed around its beginning")
def get_situation(
    situation: str, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """By the number of any of its alerts. `members` are its alerts; `changed` begins with the likeliest cause."""
    return whole(found, principal.account, _number(situation))


@router.get(
    "/{situation}/post-mortem",
    summary="Draft of a post-mortem",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}}}},
)
def get_post_mortem(
    situation: str, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> Response:
    """Markdown: what happened, what it cost, who did what, what changed; and headings for what only people know."""
    told = whole(found, principal.account, _number(situation))
    text = post_mortem(told, found.clock.now_ms())
    # A file, never a page of ours: what others wrote into it must not be shown as if it were.
    headers = {
        "Content-Disposition": f'attachment; filename="post-mortem-{told["id"]}.md"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(text, media_type="text/markdown; charset=utf-8", headers=headers)


@router.post("/{situation}/acknowledge", summary="Take up all alerts of a situation")
def acknowledge(
    situation: str,
    body: Said | None = None,
    principal: Principal = Depends(needs("respond")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Those that are open and that nobody has: as if each were acknowledged, with the same text.

    Whoever was told the start of one hears who has it. Of more than 500 the rest is `left`, for the next call.
    """
    account, text = principal.account, body.text if body else ""
    one, _ = situations.containing(found.store, account, _number(situation), found.clock.now_ms())
    open_ones = [alert.id for alert in one.alerts if alert.ended_ms is None and alert.acknowledged_by is None]
    done = []
    for alert in open_ones[:_MOST_AT_ONCE]:
        with contextlib.suppress(Conflict):  # it has ended meanwhile, or somebody else has it
            done.append(hands.acknowledge(found.store, account, alert, author(principal), text))
    if done:
        stream(found, done)
    return {"acknowledged": [str(each.alert) for each in done], "left": max(0, len(open_ones) - _MOST_AT_ONCE)}


def _number(situation: str) -> int:
    if re.fullmatch(r"-?[0-9]{1,20}", situation) is None or not -_MOST <= int(situation) < _MOST:
        raise InvalidInput("situation", situation, "the id of a situation, or of one of its alerts")
    return int(situation)
