"""The store sink: batches handed to a function that writes them in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from bytewax.outputs import DynamicSink, StatelessSinkPartition

from sinks.patience import persist

T = TypeVar("T")


class StoreSink(DynamicSink[T], Generic[T]):
    """Writes by `write`, which must replace rather than add: after a crash batches come again.

    `write` blocks; while the store is away the flow waits.
    """

    def __init__(self, name: str, write: Callable[[Sequence[T]], None]) -> None:
        self._name = name
        self._write = write

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _StorePartition[T]:
        """A writer for one worker."""
        return _StorePartition(self._name, self._write)


class _StorePartition(StatelessSinkPartition[T], Generic[T]):
    def __init__(self, name: str, write: Callable[[Sequence[T]], None]) -> None:
        self._name = name
        self._write = write

    def write_batch(self, items: list[T]) -> None:
        """Return when all of `items` are committed."""
        persist(self._name, lambda: self._write(items))
