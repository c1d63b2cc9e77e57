"""Exposition: what one check saw, in Prometheus' text format and under blackbox_exporter's names.

A phase that was not reached is left out. What is not known here (the chain's last expiry, the hop limit of an echo
reply, how many records DNS answers had beside) is left out too.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from probes.grpc.message import STATUSES
from probes.prometheus.modules import Module
from probes.visit import Visit
from vedette.events.checks import CheckResult, Phases

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_HELP = {
    "probe_success": "Whether the probe was a success",
    "probe_duration_seconds": "How long the probe took",
    "probe_dns_lookup_time_seconds": "Time taken by the look-up of the target's name",
    "probe_failed_due_to_regex": "Whether the probe failed due to a pattern",
    "probe_ip_protocol": "Version of IP",
    "probe_ip_addr_hash": "Hash of the IP address, to see whether it changes",
    "probe_http_duration_seconds": "Duration of the HTTP request by phase, summed over all redirects",
    "probe_http_status_code": "Status code of the response",
    "probe_http_redirects": "Number of redirects",
    "probe_http_version": "Version of HTTP of the response",
    "probe_http_ssl": "Whether TLS was used for the last request",
    "probe_http_content_length": "Length of the response as its header says",
    "probe_http_uncompressed_body_length": "Length of the response's body",
    "probe_http_last_modified_timestamp_seconds": "The response's Last-Modified",
    "probe_ssl_earliest_cert_expiry": "When the first certificate ends",
    "probe_tls_version_info": "Version of TLS",
    "probe_icmp_duration_seconds": "Duration of the ICMP request by phase",
    "probe_dns_duration_seconds": "Duration of the DNS request by phase",
    "probe_dns_query_succeeded": "Whether the query was answered",
    "probe_dns_answer_rrs": "Number of records that answer the question",
    "probe_grpc_duration_seconds": "Duration of the gRPC request by phase",
    "probe_grpc_status_code": "gRPC's status code",
    "probe_grpc_healthcheck_response": "The health that the server tells",
    "probe_grpc_ssl": "Whether TLS was used",
}
_PHASES = {
    "http": {"dns": "resolve", "connect": "connect", "tls": "tls", "ttfb": "processing", "transfer": "transfer"},
    "icmp": {"dns": "resolve", "ttfb": "rtt"},
    "dns": {"dns": "resolve", "connect": "connect", "ttfb": "request"},
    "grpc": {"dns": "resolve", "ttfb": "check"},
}
"""Our phases by the exporter's names."""


class Sample(NamedTuple):
    """One line."""

    name: str
    value: float
    labels: Mapping[str, str] = {}


def exposition(module: Module, result: CheckResult, visit: Visit, refusal: str | None) -> str:
    """The answer to a scrape. `refusal` is what the module asks for beside the check, and does not hold."""
    lines: list[str] = []
    told: set[str] = set()
    for sample in _samples(module, result, visit, refusal):
        if sample.name not in told:
            told.add(sample.name)
            lines += [f"# HELP {sample.name} {_HELP[sample.name]}", f"# TYPE {sample.name} gauge"]
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
        lines.append(f"{sample.name}{f'{{{labels}}}' if labels else ''} {sample.value!r}")
    why = refusal or result.error
    if why is not None:
        lines.append(f"# {result.outcome if refusal is None else 'down'}: {' '.join(why.split())}")
    return "\n".join((*lines, ""))


def _samples(module: Module, result: CheckResult, visit: Visit, refusal: str | None) -> Iterator[Sample]:
    yield Sample("probe_success", float(result.outcome == "up" and refusal is None))
    yield Sample("probe_duration_seconds", result.total_ms / 1000)
    if result.phases.dns is not None:
        yield Sample("probe_dns_lookup_time_seconds", result.phases.dns / 1000)
    if module.prober in {"http", "tcp"}:
        yield Sample("probe_failed_due_to_regex", float(_is_pattern_s(module, result.error or "")))
    if visit.address is not None:
        yield from _address(visit.address)
    yield from _by_phase(module.prober, result.phases)
    if visit.tls_version is not None:
        yield Sample("probe_tls_version_info", 1.0, {"version": visit.tls_version.replace("TLSv", "TLS ")})
    if result.tls_expires is not None:
        yield Sample("probe_ssl_earliest_cert_expiry", result.tls_expires / 1000)
    own = {"http": _http, "dns": _dns, "grpc": _grpc}.get(module.prober)
    if own is not None:
        yield from own(result, visit)


def _is_pattern_s(module: Module, error: str) -> bool:
    """Modules have no other assertions than patterns, and TCP's answer is compared with one."""
    return error.startswith("assertion: ") or (module.prober == "tcp" and error.startswith("answer: "))


def _address(text: str) -> Iterator[Sample]:
    address = ipaddress.ip_address(text.partition("%")[0])
    yield Sample("probe_ip_protocol", float(address.version))
    found = 2_166_136_261  # FNV-1a of 32 bits, as the exporter computes it
    for byte in address.packed:
        found = (found ^ byte) * 16_777_619 & 0xFFFF_FFFF
    yield Sample("probe_ip_addr_hash", float(found))


def _by_phase(prober: str, phases: Phases) -> Iterator[Sample]:
    for ours, theirs in _PHASES.get(prober, {}).items():
        taken = getattr(phases, ours)
        if taken is not None:
            yield Sample(f"probe_{prober}_duration_seconds", taken / 1000, {"phase": theirs})


def _http(result: CheckResult, visit: Visit) -> Iterable[Sample]:
    yield Sample("probe_http_status_code", float(result.status or 0))
    yield Sample("probe_http_redirects", float(visit.redirects))
    yield Sample("probe_http_ssl", float(visit.tls_version is not None))
    if result.http_version is None or visit.seen is None:
        return
    yield Sample("probe_http_version", float(result.http_version))
    headers = dict(reversed(visit.seen.head()))
    length = headers.get("content-length", "")
    yield Sample("probe_http_content_length", float(length) if length.isascii() and length.isdigit() else -1.0)
    if "content-encoding" not in headers:
        yield Sample("probe_http_uncompressed_body_length", float(result.bytes))
    try:
        modified = parsedate_to_datetime(headers["last-modified"])
    except (KeyError, ValueError):
        return
    yield Sample("probe_http_last_modified_timestamp_seconds", modified.timestamp())


def _dns(result: CheckResult, visit: Visit) -> Iterable[Sample]:
    yield Sample("probe_dns_query_succeeded", float(result.status is not None))
    if result.status is not None:
        answers = dict(visit.notes).get("answers", "")
        yield Sample("probe_dns_answer_rrs", float(len(answers.splitlines())))


def _grpc(result: CheckResult, visit: Visit) -> Iterable[Sample]:
    yield Sample("probe_grpc_ssl", float(visit.tls_version is not None))
    if result.status is not None:
        yield Sample("probe_grpc_status_code", float(result.status))
    told = dict(visit.notes).get("serving_status")
    for status in STATUSES.values():
        yield Sample("probe_grpc_healthcheck_response", float(status == told), {"serving_status": status})


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
