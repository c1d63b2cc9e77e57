"""Facts: what this host is, for its page; read once an hour, so cheap and without psutil."""

from __future__ import annotations

import os
import platform
import socket
import time
from pathlib import Path

from vedette.events.fleet import LONGEST_FACT, Facts, storable

_HERE = Path("/")


def read_facts(root: Path = _HERE) -> Facts:
    """Facts of the host whose root is at `root`; one that cannot be read is absent."""
    system = platform.uname()
    found: Facts = {
        "hostname": _text(root / "etc" / "hostname") if root != _HERE else socket.gethostname(),
        "os": _os(root) or system.system,
        "kernel": system.release,
        "machine": system.machine,
        "cpus": os.cpu_count(),
        "cpu_model": _cpu_model(root),
        "memory_bytes": _memory(),
        "python": platform.python_version(),
        "timezone": time.strftime("%z"),
        "virtual": _text(root / "sys" / "class" / "dmi" / "id" / "product_name"),
        "in_container": root != _HERE or Path("/.dockerenv").exists(),
    }
    return {name: _clean(value) for name, value in found.items() if value not in {None, ""}}


def _clean(value: str | float | bool | None) -> str | int | float | bool | None:
    if not isinstance(value, str):
        return value
    return value[:LONGEST_FACT] if storable(value) else "?"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _os(root: Path) -> str | None:
    for line in (_text(root / "etc" / "os-release") or "").splitlines():
        name, _, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip("\"'")
    return None


def _cpu_model(root: Path) -> str | None:
    for line in (_text(root / "proc" / "cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"model name", "Model"}:
            return value.strip()
    return None


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None
