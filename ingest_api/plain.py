"""Plain requests: the questions that pages ask again and again, answered without FastAPI's middleware and router.

What they do before a route is found, and solving its dependencies, costs more than the answer. The same functions are
FastAPI's routes too: for the document, and for whatever is not plain, above all for saying what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

from fastapi import Request, Response

from ingest_api.context import context_of
from ingest_api.routes.availability import apdex
from ingest_api.routes.monitors import monitor_history
from ingest_api.security import authorised
from vedette.monitors.every_kind import LONGEST_LOCATION

_PATH = re.compile(r"/v1/monitors/([0-9]{1,18})/(history|apdex)")
_STEP = re.compile(r"[1-9][0-9]{0,6}")
_LONGEST_STEP_S = 31 * 86_400
_SHORT = 200
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
    written = request.scope["query_string"]
    # What is remembered comes from anybody: it is short.
    query = (remembered if len(written) <= _SHORT else read_query)(found[2], written)
    if query is None:
        return None
    request.scope["route"] = _ASKED[found[2]]
    principal, context = await authorised(request, "read"), context_of(request)
    monitor, to = int(found[1]), query.get("to", "now")
    if found[2] == "apdex":
        return await apdex(request, monitor, query.get("from", "-30d"), to, principal, context)
    return await monitor_history(
        request,
        monitor,
        query.get("from", "-24h"),
        to,
        int(query["step"]) if "step" in query else None,
        query.get("location"),
        _BOOLEANS[query.get("percentiles", "true")],
        principal,
        context,
    )


def read_query(what: str, written: bytes) -> Mapping[str, str] | None:
    """The query, if there is nothing in it that would have to be refused."""
    pairs = parse_qsl(written.decode("latin-1"), keep_blank_values=True)
    query = dict(pairs)
    if len(query) < len(pairs) or not query.keys() <= _KNOWN[what]:
        return None
    if any("\0" in value for value in query.values()) or query.get("percentiles", "true") not in _BOOLEANS:
        return None
    if len(query.get("location", "")) > LONGEST_LOCATION:
        return None
    step = query.get("step", "1")
    return query if _STEP.fullmatch(step) and int(step) <= _LONGEST_STEP_S else None


remembered = lru_cache(1024)(read_query)
"""The same of what was read before."""
