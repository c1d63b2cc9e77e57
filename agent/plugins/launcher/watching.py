"""Watching: what processes a plugin has started, and what they hold, read from `/proc`."""

import os

MOST_PROCESSES = 64
"""So many processes one run may have at a time."""
PAGE = 4096


class Row:
    """One process: its parent, and the bytes that it holds in memory."""

    __slots__ = ("parent", "rss")

    def __init__(self, parent: int, rss: int) -> None:
        self.parent = parent
        self.rss = rss


def process_table() -> dict[int, Row]:
    """All processes that can be seen."""
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib is not loaded here
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb", 0) as file:  # noqa: PTH123 - the same
                    rest = file.read(1024).rpartition(b")")[2].split()
                found[int(name)] = Row(int(rest[1]), int(rest[21]) * PAGE)
            except (OSError, IndexError, ValueError):
                continue  # it has ended meanwhile
    return found


def family(table: dict[int, Row], ancestor: int) -> list[int]:
    """`ancestor` and all its descendants."""
    children: dict[int, list[int]] = {}
    for number, row in table.items():
        children.setdefault(row.parent, []).append(number)
    found = [ancestor]
    for number in found:
        found += children.get(number, ())
    return found


def tasks_of_the_host() -> int:
    """How many tasks (threads of all processes) there are: one cheap look that says whether a closer one is due."""
    with open("/proc/loadavg", "rb", 0) as file:  # noqa: PTH123 - pathlib is not loaded here
        return int(file.read(100).split()[3].partition(b"/")[2])


def resident(number: int) -> int:
    """The bytes that one process holds; 0 if it has ended."""
    try:
        with open(f"/proc/{number}/statm", "rb", 0) as file:  # noqa: PTH123 - pathlib is not loaded here
            return int(file.read(100).split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return 0
