"""Uptime Kuma: the `monitorList` of its backup."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ingest_api.importing.body_conditions import TYPED, scalar
from ingest_api.importing.documents import Document
from ingest_api.importing.entries import Parsed, convert_each
from ingest_api.importing.reading import heartbeat, interval, mapping, seconds, sequence, set_timeout, text, texts
from vedette.errors import InvalidInput

_TIMEOUT_S = 48.0
_PUSHED_S = 60
"""What Uptime Kuma takes when the backup does not say."""


def read_kuma(documents: list[Document]) -> Parsed:
    """Each monitor but groups. Notifications and status pages stay behind."""
    if len(documents) != 1:
        raise InvalidInput("body", f"{len(documents)} documents", "one document")
    document = documents[0]
    root = mapping("body", document.value)
    if "monitorList" not in root:
        raise InvalidInput("monitorList", "<missing>", "a list of monitors")
    found = sequence("monitorList", root["monitorList"])
    items = [(("monitorList", at), item) for at, item in enumerate(found)]
    return convert_each(document, items, _fields)


def _fields(item: Any, notes: list[str]) -> dict[str, Any]:
    monitor = mapping("monitor", item)
    kind = monitor.get("type")
    target = _KINDS.get(kind) if isinstance(kind, str) else None
    if target is None and kind != "push":
        raise InvalidInput("type", kind, ", ".join((*_KINDS, "push")))
    if monitor.get("upsideDown"):
        raise InvalidInput("upsideDown", monitor["upsideDown"], "false: here a failure is never a success")
    fields: dict[str, Any] = {"name": text("name", monitor.get("name")), "paused": not monitor.get("active", True)}
    if target is None:
        fields |= _push(monitor, notes)
    else:
        if "interval" in monitor:
            fields["interval_s"] = interval("interval", monitor["interval"], notes)
        # Zero stands for none; a check that may take for ever could not be missed.
        set_timeout(fields, seconds("timeout", monitor.get("timeout") or _TIMEOUT_S), notes)
        target(fields, monitor, notes)
    if monitor.get("notificationIDList"):
        notes.append("notificationIDList: not carried over; rules and channels say who is told")
    return fields


def _push(monitor: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """A monitor that waits to be told; its retries are so many intervals of grace."""
    every_s = interval("interval", monitor.get("interval", _PUSHED_S), notes)
    retries = seconds("maxretries", monitor.get("maxretries") or 0)
    again_s = seconds("retryInterval", monitor.get("retryInterval") or every_s)
    return heartbeat(every_s, max(1, round(retries * again_s)), notes)


def _http(fields: dict[str, Any], monitor: dict[str, Any], notes: list[str]) -> None:
    fields["url"] = text("url", monitor.get("url"))
    fields["method"] = text("method", monitor.get("method") or "GET")
    fields["verify_tls"] = not monitor.get("ignoreTls", False)
    if isinstance(monitor.get("maxredirects"), int):
        fields["max_redirects"] = min(20, monitor["maxredirects"])
    codes = sequence("accepted_statuscodes", monitor.get("accepted_statuscodes"))
    fields["expected_status"] = [_code(text("accepted_statuscodes", code)) for code in codes] or ["2xx"]
    if monitor.get("headers"):
        fields["headers"] = texts("headers", _headers(monitor["headers"]))
    if monitor.get("body"):
        if fields["method"] in {"GET", "HEAD", "OPTIONS"}:
            notes.append(f"body: not sent with {fields['method']}")
        else:
            fields["body"] = text("body", monitor["body"])
    _auth(fields, monitor, notes)


def _auth(fields: dict[str, Any], monitor: dict[str, Any], notes: list[str]) -> None:
    method = monitor.get("authMethod")
    if method == "basic" or (not method and monitor.get("basic_auth_user")):
        user, password = (text(name, monitor.get(name) or "") for name in ("basic_auth_user", "basic_auth_pass"))
        fields["auth"] = {"type": "basic", "username": user, "password": password}
    elif method:
        notes.append(f"authMethod: {method} is not carried over")


def _keyword(fields: dict[str, Any], monitor: dict[str, Any], notes: list[str]) -> None:
    _http(fields, monitor, notes)
    op = "not_contains" if monitor.get("invertKeyword") else "contains"
    fields["assertions"] = [{"type": "body", "op": op, "value": text("keyword", monitor.get("keyword"))}]


def _json_query(fields: dict[str, Any], monitor: dict[str, Any], notes: list[str]) -> None:
    _http(fields, monitor, notes)
    path, operator = text("jsonPath", monitor.get("jsonPath")), monitor.get("jsonPathOperator", "==")
    wanted = monitor.get("expectedValue")
    if isinstance(wanted, str) and not isinstance(value := scalar(wanted), str) and operator != "contains":
        wanted = value  # there it is a text always, and so is what it is compared with
        notes.append(f"expectedValue: {TYPED}")
    fields["assertions"] = [{"type": "json", "path": path, "op": operator, "value": wanted}]


def _port(fields: dict[str, Any], monitor: dict[str, Any], notes: list[str]) -> None:
    fields["url"] = f"tcp://{_host(monitor)}:{text('port', monitor.get('port'))}"


def _ping(fields: dict[str, Any], monitor: dict[str, Any], notes: list[str]) -> None:
    fields["url"] = f"icmp://{_host(monitor)}"


def _dns(fields: dict[str, Any], monitor: dict[str, Any], notes: list[str]) -> None:
    fields["url"] = f"dns://{_host(monitor)}"
    fields["record_type"] = text("dns_resolve_type", monitor.get("dns_resolve_type") or "A")
    if monitor.get("dns_resolve_server"):
        server = text("dns_resolve_server", monitor["dns_resolve_server"]).partition(",")[0].strip()
        fields["resolver"] = f"{server}:{monitor.get('port') or 53}" if ":" not in server else server


def _host(monitor: dict[str, Any]) -> str:
    host = text("hostname", monitor.get("hostname"))
    return f"[{host}]" if ":" in host else host


def _code(written: str) -> str:
    """`200-299` is what we call `2xx`."""
    low, _, high = written.partition("-")
    whole = len(low) == 3 and low.endswith("00") and high == f"{low[0]}99"
    return f"{low[0]}xx" if whole else written


def _headers(value: Any) -> Any:
    """They are JSON inside a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("headers", value, f"an object in JSON ({error})") from error


_KINDS: dict[str, Callable[[dict[str, Any], dict[str, Any], list[str]], None]] = {
    "http": _http,
    "keyword": _keyword,
    "json-query": _json_query,
    "port": _port,
    "ping": _ping,
    "dns": _dns,
}
