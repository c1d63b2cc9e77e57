"""Modules: what blackbox_exporter's probers are told, as a monitor's fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ingest_api.importing.reading import mapping, seconds, sequence, set_timeout, text, texts, unknown
from vedette.errors import InvalidInput

_TIMEOUT_S = 10.0
_SPECIAL = frozenset(".^$*+?{}[]\\|()")
_IP = {"ip4": "4", "ip6": "6"}


def module_fields(where: str, module: dict[str, Any], address: str, notes: list[str]) -> dict[str, Any]:
    """The fields of a monitor of `address` under one module."""
    prober = module.get("prober")
    make = _PROBERS.get(prober) if isinstance(prober, str) else None
    if make is None:
        raise InvalidInput(f"{where}.prober", prober, ", ".join(_PROBERS))
    fields: dict[str, Any] = {}
    set_timeout(fields, seconds(f"{where}.timeout", module.get("timeout", _TIMEOUT_S)), notes)
    about = mapping(f"{where}.{prober}", module.get(str(prober)))
    make(fields, about, address, notes)
    preferred = about.pop("preferred_ip_protocol", None)
    if preferred is not None and about.pop("ip_protocol_fallback", True) is False:
        fields["ip_version"] = _IP.get(text("preferred_ip_protocol", preferred), preferred)
    about.pop("ip_protocol_fallback", None)
    unknown(about, (), notes, f"{where}.{prober}.")
    return fields


def _http(fields: dict[str, Any], about: dict[str, Any], address: str, notes: list[str]) -> None:
    fields["url"] = address if "://" in address else f"http://{address}"
    fields["method"] = text("method", about.pop("method", "GET"))
    if "body" in about:
        fields["body"] = text("body", about.pop("body"))
    if "headers" in about:
        fields["headers"] = texts("headers", about.pop("headers"))
    codes = sequence("valid_status_codes", about.pop("valid_status_codes", None))
    fields["expected_status"] = [text("valid_status_codes", code) for code in codes] or ["2xx"]
    follow = about.pop("follow_redirects", True) and not about.pop("no_follow_redirects", False)
    about.pop("no_follow_redirects", None)
    fields["max_redirects"] = 10 if follow else 0
    _trust(fields, about, notes)
    _auth(fields, about)
    if "proxy_url" in about:
        fields["proxy"] = text("proxy_url", about.pop("proxy_url"))
    if about.pop("enable_http2", True) is False:
        fields["http_version"] = "1.1"
    assertions = _patterns(about, notes)
    if assertions:
        fields["assertions"] = assertions
    if about.pop("fail_if_not_ssl", False) and not fields["url"].startswith("https://"):
        notes.append("fail_if_not_ssl: not carried over; an https:// address says the same")
    if about.pop("valid_http_versions", None):
        notes.append("valid_http_versions: not carried over")


def _patterns(about: dict[str, Any], notes: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, op in (("fail_if_body_not_matches_regexp", "regex"), ("fail_if_body_matches_regexp", "not_regex")):
        patterns = sequence(name, about.pop(name, None))
        found += ({"type": "body", "op": op, "value": text(name, one)} for one in patterns)
    for name, op in (("fail_if_header_not_matches", "regex"), ("fail_if_header_matches", "not_regex")):
        for one in sequence(name, about.pop(name, None)):
            match = mapping(name, one)
            if match.get("allow_missing"):
                notes.append(f"{name}: not carried over; here a header that is missing fails")
                continue
            header, pattern = text(f"{name}.header", match.get("header")), text(f"{name}.regexp", match.get("regexp"))
            found.append({"type": "header", "name": header, "op": op, "value": pattern})
    return found


def _auth(fields: dict[str, Any], about: dict[str, Any]) -> None:
    basic = mapping("basic_auth", about.pop("basic_auth", None))
    authorization = mapping("authorization", about.pop("authorization", None))
    bearer = about.pop("bearer_token", None) or authorization.get("credentials")
    if basic:
        user, password = (text(f"basic_auth.{name}", basic.get(name, "")) for name in ("username", "password"))
        fields["auth"] = {"type": "basic", "username": user, "password": password}
    elif bearer:
        if authorization and str(authorization.get("type", "Bearer")).lower() != "bearer":
            raise InvalidInput("authorization.type", authorization["type"], "Bearer")
        fields["auth"] = {"type": "bearer", "token": text("bearer_token", bearer)}


def _trust(fields: dict[str, Any], about: dict[str, Any], notes: list[str]) -> None:
    tls = mapping("tls_config", about.pop("tls_config", None))
    fields["verify_tls"] = not tls.pop("insecure_skip_verify", False)
    if "server_name" in tls and not fields["url"].startswith(("http://", "https://")):
        fields["server_name"] = text("tls_config.server_name", tls.pop("server_name"))
    unknown(tls, (), notes, "tls_config.")


def _tcp(fields: dict[str, Any], about: dict[str, Any], address: str, notes: list[str]) -> None:
    secure = bool(about.pop("tls", False))
    fields["url"] = f"{'tls' if secure else 'tcp'}://{address}"
    if secure:
        _trust(fields, about, notes)
        return  # what is said within TLS is noted: TLS monitors look at the handshake
    steps = [mapping("query_response", one) for one in sequence("query_response", about.get("query_response"))]
    sent, expected = (_only(steps, name) for name in ("send", "expect"))
    known = {key for step in steps for key in step} <= {"send", "expect"}
    first = not sent or ("send" in steps[0] and "expect" not in steps[0])  # of a step, what is expected comes first
    if known and first and len(sent) <= 1 and len(expected) <= 1 and not any(map(_is_pattern, expected)):
        about.pop("query_response", None)
        for one in sent:
            fields["send"] = f"{one}\n"
        for one in expected:
            fields["expect"] = one.removeprefix("^")


def _only(steps: list[dict[str, Any]], name: str) -> list[str]:
    return [text(f"query_response.{name}", step[name]) for step in steps if step.get(name)]


def _is_pattern(expected: str) -> bool:
    """Whether it is more than a text, perhaps at the beginning; TCP monitors look for texts."""
    plain = expected.removeprefix("^")
    return not plain or bool(_SPECIAL & set(plain))


def _icmp(fields: dict[str, Any], about: dict[str, Any], address: str, notes: list[str]) -> None:
    fields["url"] = f"icmp://[{address}]" if ":" in address else f"icmp://{address}"


def _dns(fields: dict[str, Any], about: dict[str, Any], address: str, notes: list[str]) -> None:
    """The target is the server that is asked."""
    fields["url"] = "dns://" + text("query_name", about.pop("query_name", None)).removesuffix(".")
    fields["record_type"] = text("query_type", about.pop("query_type", "ANY"))
    fields["resolver"] = address


def _grpc(fields: dict[str, Any], about: dict[str, Any], address: str, notes: list[str]) -> None:
    secure = bool(about.pop("tls", False))
    fields["url"] = address if "://" in address else f"{'grpcs' if secure else 'grpc'}://{address}"
    if "service" in about:
        fields["service"] = text("service", about.pop("service"))
    _trust(fields, about, notes)


_PROBERS: dict[str, Callable[[dict[str, Any], dict[str, Any], str, list[str]], None]] = {
    "http": _http,
    "tcp": _tcp,
    "icmp": _icmp,
    "dns": _dns,
    "grpc": _grpc,
}
