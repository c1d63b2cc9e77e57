"""Targets: a `target` as Prometheus names it, together with a module, as a monitor."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import ValidationError

from probes.monitors import Monitor
from probes.prometheus.modules import LONGEST_S, Module
from vedette.errors import InvalidInput
from vedette.monitors import MonitorSpec

_APDEX_T_MS = 1
"""Nobody asks for a score here, but a definition has a target, which the time-out must exceed four times."""


def monitor_of(module: Module, target: str, timeout_s: float) -> Monitor:
    """The monitor that checks `target` under `module`; `InvalidInput` for a target that can be none."""
    fields: dict[str, Any] = {"name": "probe", "kind": module.prober, **module.fields}
    fields["timeout_s"], fields["apdex_t_ms"] = min(LONGEST_S, timeout_s), _APDEX_T_MS
    host = f"[{target}]" if target.count(":") > 1 and not target.startswith("[") else target
    if module.prober == "http":
        fields["url"] = target if "://" in target else f"http://{target}"
    elif module.prober == "dns":
        fields["resolver"] = target
    elif module.prober == "grpc":
        fields["url"] = f"{'grpcs' if module.wants_tls else 'grpc'}://{host}"
    else:
        fields["url"] = f"{fields['kind']}://{host}"
    try:
        spec = MonitorSpec.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "target"
        where = "target" if field in {"url", "resolver"} else field
        raise InvalidInput(where, target, first["msg"].removeprefix("Value error, ")) from error
    return msgspec.convert({"id": 1, "name": spec.name, "url": spec.url, **spec.config()}, Monitor)
