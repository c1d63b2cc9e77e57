"""Texts of requests: what no database holds is refused before any route sees it, in whatever field it stands."""

from __future__ import annotations

import re

from fastapi import Request
from fastapi.routing import APIRoute

from vedette.errors import InvalidInput
from vedette.notifying.channel_secrets import CHANNEL_SECRETS
from vedette.storable import ALLOWED, first_unstorable

_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|[\x00\xed]")
"""What JSON must hold, in any encoding, if a text in it has a NUL or half of a surrogate pair."""
_BY_KEY = {"{key}", "{token}"}


async def check_texts(request: Request) -> None:
    """A dependency of every route: path, query and a body that FastAPI reads hold only text that can be stored.

    Bodies that routes read themselves are judged by those. Half of a surrogate pair cannot come in a URL.
    """
    route = request.scope.get("route")
    # Where a key or a token is all that is asked, one that nobody could have is as unknown as any other.
    known = {} if isinstance(route, APIRoute) and _BY_KEY & {*route.path.split("/")} else request.path_params
    for name, value in (*known.items(), *request.query_params.multi_items()):
        if "\0" in name or "\0" in str(value):
            raise InvalidInput(ascii(name)[1:-1], value, ALLOWED)
    if not isinstance(route, APIRoute) or route.body_field is None:
        return
    body = await request.body()  # read already, and kept
    if not _SUSPECT.search(body):
        return
    try:
        value = await request.json()
    except ValueError:
        return  # no JSON: the route says so
    found = first_unstorable(value)
    if found is not None:
        where, text = found
        is_secret = where.rpartition(".")[2] in CHANNEL_SECRETS
        raise InvalidInput(where or "body", "***" if is_secret else text, ALLOWED)
