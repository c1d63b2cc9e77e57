"""The fingerprint: what tells this machine from others, as a keyed hash, so that the machine's own id stays here."""

from __future__ import annotations

import socket
from hashlib import blake2b
from pathlib import Path

_MACHINE_IDS = ("etc/machine-id", "var/lib/dbus/machine-id")
_HERE = Path("/")
_LEAST = 16
"""Shorter ids are none: an image that is made for many machines holds `uninitialized` or nothing."""


def fingerprint(root: Path = _HERE) -> str:
    """Of the machine whose root is at `root`: made from its machine-id (machine-id(5)), which survives everything but
    a new installation; else from the addresses of its network cards; else from its name."""
    for name in _MACHINE_IDS:
        found = _read(root / name)
        if len(found) >= _LEAST:
            return _hashed("machine", found)
    cards = _cards(root / "sys" / "class" / "net")
    return _hashed("cards", *cards) if cards else _hashed("name", socket.gethostname())


def boot(root: Path = _HERE) -> str:
    """New at each start of the machine; empty where the system does not tell."""
    found = _read(root / "proc" / "sys" / "kernel" / "random" / "boot_id")
    return _hashed("boot", found) if found else ""


def _cards(folder: Path) -> list[str]:
    """The addresses of real cards: virtual ones (bridges, containers) come and go."""
    try:
        cards = [card for card in folder.iterdir() if (card / "device").exists()]
    except OSError:
        return []
    found = {_read(card / "address") for card in cards}
    return sorted(address for address in found if address.strip("0:"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _hashed(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), key=b"vedette.fingerprint", digest_size=16).hexdigest()
