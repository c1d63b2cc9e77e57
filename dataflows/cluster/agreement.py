"""The agreement: whether processes fit together, and which of them makes which recovery partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dataflows.cluster.letters import Hello, Make
from vedette.errors import Conflict


def differing(mine: Hello, other: Hello) -> str | None:
    """What keeps `other` from taking part with `mine`; None if nothing does."""
    for name, value in mine.settings.items():
        given = other.settings.get(name)
        if given != value:
            return f"process {other.process} has {name}={given}, process {mine.process} has {value}; allowed: the same"
    return None


def agree(hellos: Mapping[int, Hello], count: int) -> dict[int, Make]:
    """What each process must make before the flow can run; nothing if the state is there already.

    Processes may share a folder or have their own; each of the `count` recovery partitions must be in exactly one
    folder. `Conflict` if one is missing or there twice: going on would silently forget what it holds.
    """
    folders: dict[str, Hello] = {}
    for process in sorted(hellos):
        folders.setdefault(hellos[process].folder, hellos[process])
    there = [(part, total, hello) for hello in folders.values() for part, total in hello.parts.items()]
    if not there:
        return _shares(list(folders.values()), count)
    totals = {total for _, total, _ in there}
    if len(totals) > 1:
        raise Conflict(
            f"the recovery folders do not belong together: they are of {_listed(sorted(totals))} partitions;"
            " give each process the folder it had"
        )
    owners: dict[int, list[int]] = {}
    for part, _, hello in there:
        owners.setdefault(part, []).append(hello.process)
    twice = {part: processes for part, processes in owners.items() if len(processes) > 1}
    if twice:
        part, processes = min(twice.items())
        raise Conflict(
            f"recovery partition {part} is in the folders of the processes {_listed(processes)};"
            " remove the copy that is older"
        )
    missing = sorted(set(range(totals.pop())) - owners.keys())
    if missing:
        raise Conflict(
            f"recovery partitions {_listed(missing)} are in no process's folder; move their files"
            f" ({_listed([f'part-{part}.sqlite3' for part in missing])}) into one of them"
        )
    return {}


def _shares(owners: Sequence[Hello], count: int) -> dict[int, Make]:
    shares: dict[int, list[int]] = {}
    for part in range(count):
        shares.setdefault(owners[part % len(owners)].process, []).append(part)
    return {process: Make(count, parts) for process, parts in shares.items()}


def _listed(items: Sequence[object]) -> str:
    return ", ".join(str(item) for item in items)
