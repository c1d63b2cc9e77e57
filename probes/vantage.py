"""Vantage of a process: what its settings say about where checks are made from."""

from __future__ import annotations

import asyncio

from probes.check import Vantage
from probes.lifeline import Lifeline, parse_references, usual_references
from probes.names import Names
from probes.names.sources import Watched
from probes.net.resolver import RESOLV_CONF, nameservers
from probes.tls import TlsContexts
from vedette.clock import Clock
from vedette.settings import ProbeSettings


async def open_vantage(settings: ProbeSettings, clock: Clock) -> Vantage:
    """The vantage point that the settings describe; `ConfigurationError` for references that are none."""
    named = settings.references is not None
    if settings.references is None:
        references = usual_references(settings.url, await asyncio.to_thread(nameservers, RESOLV_CONF))
    else:
        references = parse_references(settings.references) if settings.references.strip() else []
    # The gateway's silence alone says nothing: its site may be what has failed.
    lifeline = Lifeline(references, clock.monotonic, least=1 if named else 2)
    now = clock.monotonic
    names = Names(Watched(now), now, settings.dns_cache_s) if settings.dns_cache_s else None
    return Vantage(
        settings.location,
        clock,
        TlsContexts(quick=settings.tls_engine == "auto"),
        allow_private=settings.allow_private,
        lifeline=lifeline,
        names=names,
    )
