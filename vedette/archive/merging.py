"""Merging: the events of many files as one stream, source by source, each source in the order of the log."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa

from vedette.archive.files import FileReader, UnreadableArchive
from vedette.archive.kinds import Kind, Stored
from vedette.archive.kinds.port import Wanted
from vedette.archive.objects import Objects
from vedette.errors import NotFound
from vedette.store.archive import ArchiveObject

_WHOLE = 1 << 20
"""Objects up to so many bytes are fetched in one request."""
_AT_ONCE = 8


@contextmanager
def opened(
    objects: Objects, kind: Kind[Any], found: Sequence[ArchiveObject], wanted: Wanted
) -> Iterator[list[Iterable[tuple[Any, list[Stored]]]]]:
    """Readers of the objects, opened several at a time; closed at the end."""
    with ExitStack() as stack:

        def open_one(described: ArchiveObject) -> FileReader:
            try:
                if described.bytes <= _WHOLE:
                    source: Any = pa.BufferReader(objects.get(described.path))
                else:
                    source = objects.open(described.path)
                    stack.callback(source.close)
                return FileReader(kind, described.account, source, wanted)
            except UnreadableArchive as error:
                raise UnreadableArchive(f"{objects.url}/{described.path}: {error}") from error
            except NotFound as error:
                raise UnreadableArchive(f"{error}, though the manifest lists it: was it deleted by hand?") from error

        with ThreadPoolExecutor(max(1, min(_AT_ONCE, len(found)))) as pool:
            yield list(pool.map(open_one, found))


def merged(streams: Sequence[Iterable[tuple[Any, list[Stored]]]]) -> Iterator[tuple[Any, list[Stored]]]:
    """One pair for each source: it, and all its events in the order of the log.

    In memory are one row group of each stream, and the events of one source.
    """
    by_source = itemgetter(0)
    for source, pairs in groupby(heapq.merge(*streams, key=by_source), key=by_source):
        yield source, sorted((item for _, items in pairs for item in items), key=itemgetter(0, 1, 2))
