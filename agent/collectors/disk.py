"""Disks: how full each mounted filesystem is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import psutil

from agent.collectors.base import Group, series

MAX_MOUNTS = 64
_HERE = Path("/")
_OCTAL = re.compile(r"\\([0-7]{3})")
"""How the kernel writes blanks and backslashes in a path."""
_NEVER = frozenset({"squashfs", "iso9660", "udf", "erofs"})
"""Images: always full, and nobody can do anything about it."""


class Mount(NamedTuple):
    """A mounted filesystem."""

    device: str
    path: str
    fstype: str


class Space(NamedTuple):
    """Sizes in bytes and numbers of inodes; `free` is what an ordinary user may still take."""

    total: float
    used: float
    free: float
    inodes: float
    inodes_free: float


def read_mounts(root: Path | None = None) -> list[Mount]:
    """The mounts that rest on a real filesystem, and the one at `/`, whatever it is.

    With a `root`, those of the host whose root is mounted there.
    """
    if root is not None:
        return _mounts_of(root)
    real = {(p.device, p.mountpoint) for p in psutil.disk_partitions(all=False)}
    return [
        Mount(p.device, p.mountpoint, p.fstype)
        for p in psutil.disk_partitions(all=True)
        if p.mountpoint == "/" or ((p.device, p.mountpoint) in real and Path(p.mountpoint).is_dir())
    ]


def _mounts_of(root: Path) -> list[Mount]:
    proc = root / "proc"
    return parse_mounts(
        (proc / "1" / "mounts").read_text(encoding="utf-8", errors="surrogateescape"),
        (proc / "filesystems").read_text(encoding="ascii"),
        lambda path: below(root, path).is_dir(),
    )


def parse_mounts(mounts: str, filesystems: str, is_folder: Callable[[str], bool]) -> list[Mount]:
    """The mounts in the text of `/proc/<pid>/mounts` (proc(5)) that rest on a real filesystem, and the one at `/`.

    `filesystems` is the text of `/proc/filesystems`: those without `nodev` are real, and so is ZFS.
    """
    real = {line.strip() for line in filesystems.splitlines() if not line.startswith("nodev")} | {"zfs"}
    found: list[Mount] = []
    for line in mounts.splitlines():
        device, path, fstype, *_ = (_OCTAL.sub(lambda code: chr(int(code[1], 8)), word) for word in line.split())
        if path == "/" or (fstype in real and is_folder(path)):
            found.append(Mount(device, path, fstype))
    return found


def below(root: Path, path: str) -> Path:
    """The absolute `path` of the host as it is seen here."""
    return root / path.lstrip("/")


def read_space(path: str, root: Path = _HERE) -> Space:
    """The space at a mount; an `OSError` where it may not be asked. Blocks while a device hangs."""
    stat = os.statvfs(below(root, path))
    size = stat.f_frsize
    used = (stat.f_blocks - stat.f_bfree) * size
    return Space(stat.f_blocks * size, used, stat.f_bavail * size, stat.f_files, stat.f_ffree)


def chosen(mounts: Iterable[Mount]) -> list[str]:
    """The mount points to report: each device once, at its shortest path; no images.

    A container sees one device under many bind mounts, and they are all equally full.
    """
    best: dict[str, str] = {}
    for mount in mounts:
        if mount.fstype in _NEVER:
            continue
        key = "/" if mount.path == "/" else mount.device
        if key not in best or len(mount.path) < len(best[key]):
            best[key] = mount.path
    devices_of_root = {mount.device for mount in mounts if mount.path == "/"}
    return sorted(path for key, path in best.items() if path == "/" or key not in devices_of_root)[:MAX_MOUNTS]


def space_group(path: str, space: Space) -> Group:
    """The group of one mount; without inodes where the filesystem counts none (btrfs)."""
    usable = space.used + space.free
    values = {
        series("disk.total_bytes", mount=path): float(space.total),
        series("disk.used_bytes", mount=path): float(space.used),
        series("disk.free_bytes", mount=path): float(space.free),
        series("disk.used_ratio", mount=path): space.used / usable if usable > 0 else 0.0,
    }
    if space.inodes > 0:
        values[series("disk.inodes_used_ratio", mount=path)] = 1.0 - space.inodes_free / space.inodes
    return Group(values)


class DiskCollector:
    """`disk.*{mount}`: one group for each mount; `disk.used_ratio` is the one that `df` prints."""

    name = "disk"

    def __init__(
        self,
        mounts: Callable[[], list[Mount]] = read_mounts,
        space: Callable[[str], Space] = read_space,
    ) -> None:
        self._mounts = mounts
        self._space = space

    def collect(self, at: float) -> list[Group]:
        """A mount that vanished or may not be asked costs only its own group."""
        groups: list[Group] = []
        for path in chosen(self._mounts()):
            try:
                space = self._space(path)
            except OSError:
                continue
            if space.total > 0:
                groups.append(space_group(path, space))
        return groups
