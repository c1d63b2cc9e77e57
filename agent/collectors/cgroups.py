"""Cgroups: what containers and systemd's services use, as the kernel accounts for it (cgroup v2)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.collectors.base import Group, counters, read_optional, series
from agent.collectors.container_names import DockerNames

_SYS = Path("/sys/fs/cgroup")
_SYSTEM = re.compile(r"/system\.slice(?:/system-[^/]*\.slice)?$")
"""Where the system's services are; those that come from one template have a slice of their own."""
MOST = 200
"""Containers, and services, that are reported; those that come first in the tree."""
DEEPEST = 8
_MOST_FOLDERS = 5000

_ID = re.compile(r"(?:^|[-:_])([0-9a-f]{64})(?:\.scope)?$")
"""Docker, containerd, CRI-O and Podman name a container's cgroup by its id, with or without a prefix and `.scope`."""
_NAMED = re.compile(r"^lxc\.payload\.(.+)$|^machine-(.+)\.scope$|^systemd-nspawn@(.+)\.service$")
"""LXC and systemd's machines name it by the container."""
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
_VIRTUAL = "qemu-"
"""How libvirt names its machines: they are no containers."""

Names = Callable[[frozenset[str]], Mapping[str, str]]
"""The names of containers, by their ids; those that are not known are absent."""


@dataclass(frozen=True, slots=True)
class Found:
    """A cgroup that is reported: `what` is `container` or `unit`, `key` its id or name."""

    what: str
    key: str
    folder: str


class CgroupsCollector:
    """`container.*` and `unit.*`, a group for each; nothing where the kernel has only cgroup v1."""

    name = "cgroups"

    def __init__(self, root: Path = _SYS, names: Names | None = None) -> None:
        self._root = root
        self._names = DockerNames() if names is None else names

    def collect(self, at: float) -> list[Group]:
        """At most `MOST` containers and `MOST` services."""
        root = unified(self._root)
        if root is None:
            return []
        chosen = {"container": list[Found](), "unit": list[Found]()}
        for found in find(root):
            if len(chosen[found.what]) < MOST:
                chosen[found.what].append(found)
        containers = chosen["container"]
        names = self._names(frozenset(found.key for found in containers)) if containers else {}
        groups = {}
        for found in [*containers, *chosen["unit"]]:
            label = names.get(found.key) or (found.key[:12] if len(found.key) == _LONG else found.key)
            group = read(found, label)
            if group.values:  # else it has gone meanwhile
                groups[found.what, label] = group
        return list(groups.values())


_LONG = 64


def unified(root: Path) -> Path | None:
    """Where cgroup v2 is mounted: alone, or beside v1; None if it is not."""
    for folder in (root, root / "unified"):
        if (folder / "cgroup.controllers").exists():
            return folder
    return None


def find(root: Path) -> Iterator[Found]:
    """Containers wherever they are, and the services of the system's manager, in the order of the tree.

    What is below a container is its own, and not looked at.
    """
    waiting = [(str(root), 0)]
    seen = 0
    while waiting and seen < _MOST_FOLDERS:
        folder, depth = waiting.pop()
        below = []
        for name in _folders(folder):
            seen += 1
            path = f"{folder}/{name}"
            found = known(name, path, in_system=_SYSTEM.search(folder) is not None)
            if found is not None:
                yield found
            if (found is None or found.what == "unit") and depth < DEEPEST:
                below.append((path, depth + 1))
        waiting += reversed(below)


def _folders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:  # it has gone meanwhile
        return []


def known(name: str, folder: str, *, in_system: bool = False) -> Found | None:
    """What a cgroup of this name is; None for slices, sessions and what belongs to no container."""
    identity = _ID.search(name)
    if identity is not None:
        return Found("container", identity[1], folder) if "-conmon-" not in name else None
    named = _NAMED.match(name)
    if named is not None:
        key = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), named[1] or named[2] or named[3])
        return Found("container", key, folder) if not key.startswith(_VIRTUAL) else None
    if in_system and name.endswith(".service"):
        return Found("unit", name, folder)
    return None


def read(found: Found, label: str) -> Group:
    """The use of a cgroup; what its controllers do not account for is absent.

    Memory is what cannot be taken back at once, as `docker stats` shows it: without the file cache that is inactive.
    """
    what, labels = found.what, {found.what: label}
    cpu, events = _table(found, "cpu.stat"), _table(found, "memory.events")
    values = {
        "cpu_s": _scaled(cpu.get("usage_usec"), 1e-6),
        "cpu_throttled_s": _scaled(cpu.get("throttled_usec"), 1e-6),
        "oom_kills": events.get("oom_kill"),
        "tasks": _number(found, "pids.current"),
    }
    values |= _io(found)
    kinds = [name for name, value in values.items() if value is not None and name != "tasks"]
    values |= _memory(found)
    return Group(
        {series(f"{what}.{name}", **labels): value for name, value in values.items() if value is not None},
        counters(series(f"{what}.{name}", **labels) for name in kinds),
    )


def _memory(found: Found) -> dict[str, float | None]:
    current = _number(found, "memory.current")
    if current is None:
        return {}
    used = max(0.0, current - _table(found, "memory.stat").get("inactive_file", 0.0))
    limit = _number(found, "memory.max")
    ratio = min(1.0, used / limit) if limit else None
    return {"memory_bytes": used, "memory_limit_bytes": limit, "memory_used_ratio": ratio}


def _io(found: Found) -> dict[str, float | None]:
    """Bytes to and from disks, all devices together."""
    text = read_optional(Path(found.folder, "io.stat"))
    if text is None:
        return {}
    fields = [field.partition("=") for line in text.splitlines() for field in line.split()[1:]]
    return {
        name: float(sum(int(value) for key, _, value in fields if key == short))
        for name, short in (("read_bytes", "rbytes"), ("written_bytes", "wbytes"))
    }


def _table(found: Found, file: str) -> dict[str, float]:
    lines = [line.split() for line in (read_optional(Path(found.folder, file)) or "").splitlines()]
    return {words[0]: float(words[1]) for words in lines if len(words) == 2 and words[1].isdigit()}


def _number(found: Found, file: str) -> float | None:
    text = (read_optional(Path(found.folder, file)) or "").strip()
    return float(text) if text.isdigit() else None


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
