"""Probers: what each of blackbox_exporter's is told, as the fields of a monitor."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from probes.dns.message import TYPES
from probes.prometheus.settings_of import Given
from vedette.errors import InvalidInput

_VERSIONS = {"HTTP/1.0": "1.0", "HTTP/1.1": "1.1", "HTTP/2.0": "2", "HTTP/2": "2"}
_UNITS = {"": 1, "B": 1, "KB": 1000, "MB": 10**6, "KiB": 1 << 10, "MiB": 1 << 20}
_SPECIAL = set(".^$*+?{}[]\\|()")
MOST_REDIRECTS = 10


@dataclass(slots=True)
class Made:
    """See `probes.prometheus.modules.Module`."""

    fields: dict[str, Any] = field(default_factory=dict)
    http_versions: frozenset[str] = frozenset()
    wants_tls: bool | None = None


def _http(about: Given) -> Made:
    made = Made()
    fields = made.fields
    fields["method"] = about.text("method", "GET").upper()
    body = about.take("body")
    if body is not None:
        fields["body"] = str(body)
    fields["headers"] = {str(name): str(value) for name, value in (about.take("headers") or {}).items()}
    fields["expected_status"] = [str(code) for code in about.many("valid_status_codes")] or ["2xx"]
    follows = about.flag("follow_redirects", default=True) and not about.flag("no_follow_redirects")
    fields["max_redirects"] = MOST_REDIRECTS if follows else 0
    fields["http_version"] = "auto" if about.flag("enable_http2", default=True) else "1.1"
    proxy = about.take("proxy_url")
    if proxy is not None:
        fields["proxy"] = proxy
    fields["body_limit_bytes"] = _size(about)
    fields["assertions"] = list(_patterns(about))
    _auth(fields, about)
    _trust(fields, about)
    versions = [str(version) for version in about.many("valid_http_versions")]
    for version in versions:
        if version not in _VERSIONS:
            raise InvalidInput(f"{about.where}.valid_http_versions", version, ", ".join(_VERSIONS))
    made.http_versions = frozenset(_VERSIONS[version] for version in versions)
    if about.flag("fail_if_ssl"):
        made.wants_tls = False
    if about.flag("fail_if_not_ssl"):
        made.wants_tls = True
    return made


def _size(about: Given) -> int:
    text = about.text("body_size_limit", "10MiB")
    match = re.fullmatch(r"(\d+)([A-Za-z]*)", text)
    if match is None or match[2] not in _UNITS:
        raise InvalidInput(f"{about.where}.body_size_limit", text, "a number of B, KB, MB, KiB or MiB")
    return int(match[1]) * _UNITS[match[2]] or 64 << 20


def _patterns(about: Given) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, op in (("fail_if_body_matches_regexp", "not_regex"), ("fail_if_body_not_matches_regexp", "regex")):
        found += ({"type": "body", "op": op, "value": str(pattern)} for pattern in about.many(name))
    for name, op in (("fail_if_header_matches", "not_regex"), ("fail_if_header_not_matches", "regex")):
        for number, each in enumerate(about.many(name)):
            one = Given(f"{about.where}.{name}[{number}]", each)
            header, pattern = one.text("header", ""), one.text("regexp", "")
            if one.flag("allow_missing"):
                raise InvalidInput(f"{one.where}.allow_missing", True, "false: a header that is missing fails here")
            one.end()
            found.append({"type": "header", "name": header, "op": op, "value": pattern})
    return found


def _auth(fields: dict[str, Any], about: Given) -> None:
    basic, authorization = about.inner("basic_auth"), about.inner("authorization")
    user, password = basic.text("username", ""), basic.text("password", "")
    kind = authorization.text("type", "Bearer", ("Bearer", "bearer"))
    token = about.text("bearer_token", authorization.text("credentials", ""))
    if user or password:
        fields["auth"] = {"type": "basic", "username": user, "password": password}
    elif token:
        fields["auth"] = {"type": kind.lower(), "token": token}
    basic.end()
    authorization.end()


def _trust(fields: dict[str, Any], about: Given) -> str:
    """Takes `tls_config`; the name to ask for, if it says one."""
    tls = about.inner("tls_config")
    fields["verify_tls"] = not tls.flag("insecure_skip_verify")
    name = tls.text("server_name", "") if fields.get("kind") == "tls" else ""
    tls.end()
    return name


def _tcp(about: Given) -> Made:
    made = Made({"kind": "tls" if about.flag("tls") else "tcp"})
    if made.fields["kind"] == "tls":
        name = _trust(made.fields, about)
        if name:
            made.fields["server_name"] = name
        return made
    steps = [Given(f"{about.where}.query_response[{n}]", each) for n, each in enumerate(about.many("query_response"))]
    for number, step in enumerate(steps):
        sent, expected = step.text("send", ""), step.text("expect", "")
        step.end()
        if (expected and "expect" in made.fields) or (sent and (number or "send" in made.fields)):
            raise InvalidInput(step.where, sent or expected, "one text that is sent, and then one that is expected")
        if sent:
            made.fields["send"] = f"{sent}\n"
        if expected:
            made.fields["expect"] = _literal(step.where, expected)
    return made


def _literal(where: str, pattern: str) -> str:
    """A pattern that is a text, perhaps at the beginning; TCP monitors look for texts."""
    text = pattern.removeprefix("^")
    if not text or _SPECIAL & set(text.replace(".", "")):
        raise InvalidInput(f"{where}.expect", pattern, "a text without signs of patterns, perhaps with ^ before it")
    return text


def _icmp(about: Given) -> Made:
    return Made({"kind": "icmp", "packets": 1})


def _dns(about: Given) -> Made:
    name = about.text("query_name", "").removesuffix(".")
    kind = about.text("query_type", "", tuple(TYPES))
    about.text("transport_protocol", "udp", ("udp",))
    if not name or not kind:
        raise InvalidInput(f"{about.where}.query_type", kind, f"one of {', '.join(TYPES)}, beside a query_name")
    for code in about.many("valid_rcodes"):
        if code != "NOERROR":
            raise InvalidInput(f"{about.where}.valid_rcodes", code, "NOERROR")
    return Made({"kind": "dns", "url": f"dns://{name}", "record_type": kind})


def _grpc(about: Given) -> Made:
    made = Made({"kind": "grpc", "service": about.text("service", "")}, wants_tls=about.flag("tls"))
    _trust(made.fields, about)
    return made


PROBERS: dict[str, Callable[[Given], Made]] = {"http": _http, "tcp": _tcp, "icmp": _icmp, "dns": _dns, "grpc": _grpc}
