"""Reading: single values out of other tools' files, with errors that name field, value and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from vedette.errors import InvalidInput

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_LONGEST_TIMEOUT_S = 60.0
_LONGEST_S = 3650 * 86_400.0
_TARGET_MS = 500
_SHORTEST_PERIOD_S = 10


def mapping(field: str, value: Any) -> dict[str, Any]:
    """An object with text keys; None counts as empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(field, value, "a mapping")
    return {str(key): one for key, one in value.items()}


def sequence(field: str, value: Any) -> list[Any]:
    """A list; None counts as empty."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidInput(field, value, "a list")
    return value


def text(field: str, value: Any) -> str:
    """A text; numbers and switches are written as text, as these tools do."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise InvalidInput(field, value, "a text")


def texts(field: str, value: Any) -> dict[str, str]:
    """An object of texts, such as headers."""
    return {name: text(f"{field}.{name}", one) for name, one in mapping(field, value).items()}


def seconds(field: str, value: Any) -> float:
    """A time span: a number of seconds, or as in `1m30s`, `500ms`; at most ten years."""
    allowed = "a time span such as 30s or 1m30s, at most ten years"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value <= _LONGEST_S:  # NaN is in no range
            raise InvalidInput(field, value, allowed)
        return float(value)
    parts = _DURATION.findall(value) if isinstance(value, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise InvalidInput(field, value, allowed)
    found = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if found > _LONGEST_S:
        raise InvalidInput(field, value, allowed)
    return found


def interval(field: str, value: Any, notes: list[str]) -> int:
    """Whole seconds between checks, at least one."""
    wanted = seconds(field, value)
    whole = max(1, round(wanted))
    if whole != wanted:
        notes.append(f"{field}: {value} became {whole} s")
    return whole


def set_timeout(fields: dict[str, Any], wanted_s: float, notes: list[str]) -> None:
    """The time-out, at most a minute; Apdex's target is lowered where it would not fit below a fourth of it."""
    timeout = min(wanted_s, _LONGEST_TIMEOUT_S)
    if timeout != wanted_s:
        notes.append(f"the time-out of {wanted_s:g} s became {timeout:g} s, the longest there is")
    fields["timeout_s"] = timeout
    if timeout * 1000 <= 4 * _TARGET_MS:
        fields["apdex_t_ms"] = max(1, int(timeout * 250) - 1)
        notes.append(f"Apdex's target became {fields['apdex_t_ms']} ms, below a fourth of the time-out")


def heartbeat(every_s: int, grace_s: int | None, notes: list[str]) -> dict[str, Any]:
    """The fields of a monitor that is pinged; `grace_s` None: as long as usual."""
    notes.append("the job needs the new address to ping, which is shown with the monitor")
    if every_s < _SHORTEST_PERIOD_S:
        notes.append(f"a ping every {every_s} s became one every {_SHORTEST_PERIOD_S} s, the shortest period there is")
    fields = {"kind": "heartbeat", "every_s": max(_SHORTEST_PERIOD_S, every_s)}
    return fields if grace_s is None else {**fields, "grace_s": grace_s}


def statuses(codes: Iterable[int]) -> list[str]:
    """Status codes in the forms of `expected_status`: classes, ranges and single codes."""
    wanted = sorted(set(codes))
    found: list[str] = []
    for hundred in range(1, 6):
        mine = [code for code in wanted if code // 100 == hundred]
        if len(mine) == 100:
            found.append(f"{hundred}xx")
            continue
        start = 0
        for at in range(1, len(mine) + 1):
            if at == len(mine) or mine[at] != mine[at - 1] + 1:
                low, high = mine[start], mine[at - 1]
                found.append(str(low) if low == high else f"{low}-{high}")
                start = at
    return found


def unknown(fields: dict[str, Any], known: Iterable[str], notes: list[str], where: str = "") -> None:
    """Note the names of fields that nothing was made of."""
    notes += [f"{where}{name}: not carried over" for name in sorted(fields.keys() - set(known))]
