"""Modules: the ways of probing that a `blackbox.yml` names, each as the fields of a monitor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probes.prometheus.probers import PROBERS
from probes.prometheus.settings_of import Given
from vedette.errors import ConfigurationError, InvalidInput
from vedette.telemetry import get_logger

VARIABLE = "VEDETTE_EXPORTER_MODULES"
LONGEST_S = 60.0

_BUILT_IN: dict[str, Any] = {
    "http_2xx": {"prober": "http"},
    "http_post_2xx": {"prober": "http", "http": {"method": "POST"}},
    "tcp_connect": {"prober": "tcp"},
    "tls_connect": {"prober": "tcp", "tcp": {"tls": True}},
    "icmp": {"prober": "icmp"},
    "dns": {"prober": "dns", "dns": {"query_name": "example.com", "query_type": "A"}},
    "grpc": {"prober": "grpc", "grpc": {"tls": True}},
    "grpc_plain": {"prober": "grpc"},
}


@dataclass(frozen=True, slots=True)
class Module:
    """`fields` of a monitor but its target; what blackbox_exporter judges beside them; and its own time-out."""

    prober: str
    fields: Mapping[str, Any]
    timeout_s: float | None = None
    http_versions: frozenset[str] = frozenset()
    wants_tls: bool | None = None


def parse_module(name: str, value: Any) -> Module:
    """One module; `InvalidInput` names what in it is wrong or cannot be done here: nothing is passed over silently."""
    given = Given(f"modules.{name}", value)
    prober = given.text("prober", "")
    make = PROBERS.get(prober)
    if make is None:
        raise InvalidInput(f"modules.{name}.prober", prober, ", ".join(PROBERS))
    timeout_s = given.seconds("timeout")
    about = given.inner(prober)
    made = make(about)
    preferred = about.text("preferred_ip_protocol", "ip6", ("ip4", "ip6"))
    if not about.flag("ip_protocol_fallback", default=True):
        made.fields["ip_version"] = preferred.removeprefix("ip")
    about.end()
    given.end()
    return Module(prober, made.fields, timeout_s, made.http_versions, made.wants_tls)


def built_in() -> dict[str, Module]:
    """The modules that are there without a file."""
    return {name: parse_module(name, value) for name, value in _BUILT_IN.items()}


def read_modules(path: Path | None) -> dict[str, Module]:
    """The modules of a file beside the built-in ones, which they may replace; bad ones are logged and not there.

    Raises `ConfigurationError` for a file that cannot be read. Blocks for the disk.
    """
    modules = built_in()
    if path is None:
        return modules
    found = _document(path)
    if not isinstance(found, dict) or not isinstance(found.get("modules"), dict):
        raise ConfigurationError(VARIABLE, str(path), "a file like blackbox.yml, with `modules`")
    for name, value in found["modules"].items():
        try:
            modules[str(name)] = parse_module(str(name), value)
        except InvalidInput as error:
            modules.pop(str(name), None)
            get_logger("probe").warning("module_refused", module=str(name), error=str(error))
    return modules


def _document(path: Path) -> Any:
    try:
        import yaml  # type: ignore[import-untyped] # its stubs are a distribution of their own
    except ImportError as error:
        raise ConfigurationError(VARIABLE, str(path), "no file where PyYAML is not installed") from error
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(VARIABLE, str(path), f"a readable YAML file ({str(error)[:200]})") from error
