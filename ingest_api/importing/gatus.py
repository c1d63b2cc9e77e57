"""Gatus: the `endpoints` and `external-endpoints` of its configuration file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ingest_api.importing.conditions import apply_conditions
from ingest_api.importing.documents import Document, Path
from ingest_api.importing.entries import Parsed, convert_each
from ingest_api.importing.reading import (
    heartbeat,
    interval,
    mapping,
    seconds,
    sequence,
    set_timeout,
    text,
    texts,
    unknown,
)
from vedette.errors import InvalidInput

_KNOWN = frozenset(
    {
        "name",
        "group",
        "url",
        "method",
        "headers",
        "body",
        "interval",
        "conditions",
        "client",
        "enabled",
        "dns",
        "alerts",  # noted in words of its own
    }
)
_TIMEOUT_S = 10.0
_ALERTS = "alerts: not carried over; rules and channels say who is told"


def read_gatus(documents: list[Document]) -> Parsed:
    """Each endpoint becomes a monitor named `group/name`. Alerts stay behind: rules and channels are set up here."""
    if len(documents) != 1:
        raise InvalidInput("body", f"{len(documents)} documents", "one document")
    document = documents[0]
    root = mapping("body", document.value)
    checked = [name for name in ("endpoints", "services") if name in root]  # `services` is what old files say
    told = [name for name in ("external-endpoints",) if name in root]
    if not checked and not told:
        raise InvalidInput("endpoints", "<missing>", "a list of endpoints")
    found = convert_each(document, _items(root, checked), _fields)
    return convert_each(document, _items(root, told), _heartbeat, found)


def _items(root: dict[str, Any], parts: Sequence[str]) -> Iterator[tuple[Path, Any]]:
    return (((name, at), item) for name in parts for at, item in enumerate(sequence(name, root[name])))


def _fields(item: Any, notes: list[str]) -> dict[str, Any]:
    endpoint = mapping("endpoint", item)
    if "url" not in endpoint or "name" not in endpoint:
        missing = "url" if "url" not in endpoint else "name"
        raise InvalidInput(missing, "<missing>", "a text")
    fields: dict[str, Any] = {"name": _name(endpoint), "url": text("url", endpoint["url"])}
    if "interval" in endpoint:
        fields["interval_s"] = interval("interval", endpoint["interval"], notes)
    fields["paused"] = endpoint.get("enabled", True) is False
    client = mapping("client", endpoint.get("client"))
    set_timeout(fields, seconds("client.timeout", client.get("timeout", _TIMEOUT_S)), notes)
    if "dns" in endpoint:
        _dns(fields, mapping("dns", endpoint["dns"]))
    elif fields["url"].lower().startswith(("http://", "https://")):
        _http(fields, endpoint, client)
    elif client.get("insecure"):
        fields["verify_tls"] = False
    apply_conditions(
        fields, [text("conditions", one) for one in sequence("conditions", endpoint.get("conditions"))], notes
    )
    unknown(endpoint, _KNOWN, notes)
    unknown(client, ("timeout", "insecure", "ignore-redirect"), notes, "client.")
    if "alerts" in endpoint:
        notes.append(_ALERTS)
    return fields


def _heartbeat(item: Any, notes: list[str]) -> dict[str, Any]:
    """An endpoint that tells of itself."""
    endpoint = mapping("endpoint", item)
    if "name" not in endpoint:
        raise InvalidInput("name", "<missing>", "a text")
    expected = mapping("heartbeat", endpoint.get("heartbeat"))
    if not expected.get("interval") or not seconds("heartbeat.interval", expected["interval"]):
        found = expected.get("interval", "<missing>")
        raise InvalidInput("heartbeat.interval", found, "a time span above 0: without one nothing is ever late")
    unknown(expected, ("interval",), notes, "heartbeat.")
    unknown(endpoint, ("name", "group", "enabled", "token", "heartbeat", "alerts"), notes)
    if "alerts" in endpoint:
        notes.append(_ALERTS)
    return {
        "name": _name(endpoint),
        "paused": endpoint.get("enabled", True) is False,
        **heartbeat(interval("heartbeat.interval", expected["interval"], notes), None, notes),
    }


def _name(endpoint: dict[str, Any]) -> str:
    group = text("group", endpoint["group"]) + "/" if endpoint.get("group") else ""
    return group + text("name", endpoint["name"])


def _http(fields: dict[str, Any], endpoint: dict[str, Any], client: dict[str, Any]) -> None:
    for name in ("method", "body"):
        if endpoint.get(name):
            fields[name] = text(name, endpoint[name])
    if "headers" in endpoint:
        fields["headers"] = texts("headers", endpoint["headers"])
    fields["verify_tls"] = not client.get("insecure", False)
    fields["max_redirects"] = 0 if client.get("ignore-redirect", False) else 5


def _dns(fields: dict[str, Any], dns: dict[str, Any]) -> None:
    """Gatus writes the server as the URL."""
    fields["resolver"] = fields["url"].removeprefix("dns://").removeprefix("udp://")
    fields["url"] = "dns://" + text("dns.query-name", dns.get("query-name")).removesuffix(".")
    fields["record_type"] = text("dns.query-type", dns.get("query-type", "A"))
