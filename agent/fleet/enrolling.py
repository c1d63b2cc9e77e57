"""Enrolling: this host asks a gateway to be let in, and keeps what it is given."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.fleet.facts import read_facts
from agent.fleet.fingerprint import fingerprint
from agent.fleet.identity import Identity, write_identity
from vedette import VERSION
from vedette.errors import Conflict, InvalidInput, NotAuthenticated, Unavailable
from vedette.events.codec import decode
from vedette.events.fleet import Enrolled, Enrolment
from vedette.settings import AgentSettings

_answers = msgspec.json.Decoder(Enrolled)


def enrol(settings: AgentSettings, token: str, *, reclaim: bool = False) -> Path:
    """Ask the gateway of `settings` to let this host in; where the identity was written.

    Raises `NotAuthenticated`, `InvalidInput` or `Conflict` with the gateway's own words if it refuses, `Unavailable`
    if it does not answer. Asking again with the same token does no harm.
    """
    import httpx

    from vedette.delivery.transport import may_use_proxy

    print_ = fingerprint(settings.host_root)
    asked = Enrolment(token, settings.source, print_, VERSION, read_facts(settings.host_root), reclaim)
    try:
        with httpx.Client(base_url=settings.url, timeout=15, trust_env=may_use_proxy(settings.url)) as client:
            response = client.post("/v1/agents/enrol", content=msgspec.json.encode(asked))
    except httpx.HTTPError as error:
        raise Unavailable(f"the gateway at {settings.url} does not answer: {error!r}") from error
    if response.status_code != 201:
        raise _refused(response.status_code, _detail(response.content), settings)
    try:
        given = decode(_answers, response.content)
    except InvalidInput as error:
        raise Unavailable(f"not the gateway's answer at {settings.url}: {response.text[:200]}") from error
    identity = Identity(settings.url, given.source, given.token, given.account, print_, given.plugin_key)
    return write_identity(settings.spool, identity)


def _detail(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body)["detail"])
    except (msgspec.MsgspecError, LookupError, TypeError):
        return body[:200].decode(errors="replace")


def _refused(status: int, detail: str, settings: AgentSettings) -> Exception:
    if status in {401, 403}:
        return NotAuthenticated(detail)
    if status == 409:
        return Conflict(detail)
    if status == 422:
        return InvalidInput("enrolment", settings.source, f"what the gateway says: {detail}")
    return Unavailable(f"the gateway answered {status}: {detail}")
