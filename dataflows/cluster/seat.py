"""A seat: which process of its cluster this one is, and where the others are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seat:
    """Process number `process` of `addresses`, which are `host:port` and the same list in every process.

    `bond` is where process 0 listens for the others. `claimed` says that whoever started this process holds the lock
    of the recovery folder for it.
    """

    process: int
    addresses: tuple[str, ...]
    bond: tuple[str, int]
    claimed: bool = False
