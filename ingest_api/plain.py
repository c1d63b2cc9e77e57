"""Plain requests: the questions that pages ask again and again, answered without FastAPI's router.

Finding a route and solving its dependencies cost more than the answer. The same functions are FastAPI's routes too: for
the document, and for whatever is not plain, above all for saying what is wrong with it.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from fastapi import Request, Response

from ingest_api.context import context_of
from ingest_api.routes.availability import apdex
from ingest_api.routes.monitors import monitor_history
from ingest_api.security import authorised

_PATH = re.compile(r"/v1/monitors/(\d{1,18})/(history|apdex)")
_STEP = re.compile(r"[1-9]\d{0,6}")
_LONGEST_STEP_S = 31 * 86_400
_BOOLEANS = {"true": True, "false": False}
_KNOWN = {"history": {"from", "to", "step", "location", "percentiles"}, "apdex": {"from", "to"}}


class Asked:
    """Stands for the route in the metrics."""

    def __init__(self, what: str) -> None:
        self.path = f"/v1/monitors/{{monitor}}/{what}"


_ASKED = {what: Asked(what) for what in _KNOWN}


async def plain(request: Request) -> Response | None:
    """The answer; None if somebody else must look at the request."""
    found = _PATH.fullmatch(request.scope["path"])
    if found is None:
        return None
    what = found[2]
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    query = dict(pairs)
    step, percentiles = query.get("step", "1"), query.get("percentiles", "true")
    if len(query) < len(pairs) or not query.keys() <= _KNOWN[what] or percentiles not in _BOOLEANS:
        return None
    if any("\0" in value for value in query.values()) or not _STEP.fullmatch(step) or int(step) > _LONGEST_STEP_S:
        return None
    request.scope["route"] = _ASKED[what]
    principal, context = await authorised(request, "read"), context_of(request)
    monitor, to = int(found[1]), query.get("to", "now")
    if what == "apdex":
        return await apdex(request, monitor, query.get("from", "-30d"), to, principal, context)
    return await monitor_history(
        request,
        monitor,
        query.get("from", "-24h"),
        to,
        int(step) if "step" in query else None,
        query.get("location"),
        _BOOLEANS[percentiles],
        principal,
        context,
    )
