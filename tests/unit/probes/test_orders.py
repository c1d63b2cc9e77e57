"""Orders: each done once, in time, and not too many at once."""

from __future__ import annotations

from probes import orders
from probes.orders import Orders
from vedette.events.checks import CheckRecord
from vedette.events.control import Recheck, decode_recheck, encode_recheck, recheck

NOW = 1_700_000_000_000


def order(slot: int = 0, location: str = "eu") -> Recheck:
    return recheck(CheckRecord(1, "us", NOW + slot, NOW + slot, "down", account=7), location, 7, NOW)


def test_an_order_is_done_once_however_often_it_comes() -> None:
    book = Orders()
    assert book.accept(order(), NOW)
    assert not book.accept(order(), NOW)
    book.done()
    assert not book.accept(order(), NOW)
    assert book.accept(order(1), NOW)


def test_an_order_past_its_deadline_is_left() -> None:
    book = Orders()
    assert not book.accept(order(), order().deadline_ms + 1)
    assert book.accept(order(), order().deadline_ms)


def test_no_more_than_so_many_run_at_once_and_ended_ones_make_room() -> None:
    book = Orders()
    assert all(book.accept(order(slot), NOW) for slot in range(orders.AT_ONCE))
    assert not book.accept(order(-1), NOW)
    book.done()
    assert book.accept(order(-1), NOW)


def test_what_is_remembered_is_bounded() -> None:
    book = Orders()
    for slot in range(orders.REMEMBERED + 1):
        assert book.accept(order(slot), NOW)
        book.done()
    assert book.accept(order(0), NOW)


def test_identities_follow_from_monitor_slot_and_location() -> None:
    assert order().id == order().id
    assert len({order().id, order(1).id, order(location="asia").id}) == 3
    assert decode_recheck(encode_recheck(order())) == order()
