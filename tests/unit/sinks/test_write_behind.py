"""Write-behind: the flow goes on meanwhile, but nothing counts as done before it is committed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from sinks.write_behind import WriteBehind
from vedette.errors import StoreUnavailable


class Store:
    """Writes batches when the test lets it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.written: list[int] = []
        self.calls = 0
        self.error: Exception | None = None

    def write(self, items: Sequence[int]) -> None:
        self.open.wait(10)
        self.calls += 1
        if self.error is not None:
            raise self.error
        self.written += items


@pytest.fixture
def store() -> Store:
    """A store that does not write yet."""
    return Store()


@pytest.fixture
def behind(store: Store) -> Iterator[WriteBehind[int]]:
    """A writer to it."""
    yield WriteBehind("test", store.write)
    store.error = None
    store.open.set()


def in_background(action: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    return thread


def test_an_item_is_handed_over_before_it_is_written(behind: WriteBehind[int], store: Store) -> None:
    behind.put(1)
    assert store.written == []
    store.open.set()
    behind.settle()
    assert store.written == [1]


def test_it_is_settled_only_when_everything_is_written(behind: WriteBehind[int], store: Store) -> None:
    behind.put(1)
    end = in_background(behind.settle)
    end.join(0.05)
    assert end.is_alive()
    store.open.set()
    end.join(10)
    assert not end.is_alive()
    assert store.written == [1]


def test_nothing_to_write_is_settled(behind: WriteBehind[int]) -> None:
    behind.settle()


def test_items_keep_their_order_and_go_together_when_they_wait(behind: WriteBehind[int], store: Store) -> None:
    def all_of_them() -> None:
        for number in range(100):
            behind.put(number)

    writer = in_background(all_of_them)
    writer.join(0.05)
    assert writer.is_alive()  # only so many may wait
    store.open.set()
    writer.join(10)
    behind.settle()
    assert store.written == list(range(100))
    assert store.calls < 100


def test_several_may_put_items_in(behind: WriteBehind[int], store: Store) -> None:
    store.open.set()
    putters = [in_background(lambda: [behind.put(1) for _ in range(500)]) for _ in range(4)]
    for putter in putters:
        putter.join(10)
    behind.settle()
    assert sum(store.written) == 2000


def test_an_outage_is_waited_for(behind: WriteBehind[int], store: Store) -> None:
    store.error = StoreUnavailable("away")
    store.open.set()
    behind.put(1)
    end = in_background(behind.settle)
    end.join(0.05)
    assert end.is_alive()
    store.error = None
    end.join(10)
    assert store.written == [1]


def test_any_other_error_ends_the_flow(behind: WriteBehind[int], store: Store) -> None:
    store.error = ValueError("a mistake of ours")
    store.open.set()
    behind.put(1)
    for call in (behind.settle, lambda: behind.put(2), behind.settle):
        with pytest.raises(ValueError, match="a mistake of ours"):
            call()


def test_who_waits_for_room_hears_of_the_error(behind: WriteBehind[int], store: Store) -> None:
    heard = []

    def putting() -> None:
        try:
            for number in range(100):
                behind.put(number)
        except ValueError as error:
            heard.append(error)

    putter = in_background(putting)
    putter.join(0.05)
    assert putter.is_alive()
    store.error = ValueError("a mistake of ours")
    store.open.set()
    putter.join(10)
    assert len(heard) == 1
