"""Clones are told from agents that start anew, move, or were long under way, by their check-ins alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.fleet.clones import HELD_MS, LIVE_MS, Judgement, Machine, judge

MINUTE = 60_000


class Identity:
    """One identity; check-ins come a minute apart unless told otherwise."""

    def __init__(self, enrolled: str | None = "print") -> None:
        self.enrolled = enrolled
        self.machines: list[Machine] = []
        self.now = 1_700_000_000_000

    def hears(self, boot: str, epoch: int, fingerprint: str = "print", after_ms: int = MINUTE // 2) -> Judgement:
        self.now += after_ms
        found = judge(self.machines, boot, epoch, fingerprint, enrolled=self.enrolled, now_ms=self.now)
        self.machines = found.machines
        return found


def test_one_machine_that_checks_in_again_and_again_is_no_clone() -> None:
    identity = Identity()
    assert all((found := identity.hears("a", 1)).goes_on and not found.clone for _ in range(20))


def test_an_agent_that_is_started_anew_is_no_clone_however_often() -> None:
    identity = Identity()
    for epoch in range(1, 30):
        assert not identity.hears("a", epoch, after_ms=1000).clone


def test_a_machine_that_boots_again_is_no_clone() -> None:
    identity = Identity()
    for boot in "abcdef":
        for _ in range(3):
            found = identity.hears(boot, ord(boot))
            assert found.goes_on
            assert not found.clone


def test_a_check_in_that_was_long_under_way_is_no_clone() -> None:
    identity = Identity()
    identity.hears("a", 1)
    identity.hears("b", 2)
    assert not identity.hears("a", 1).clone
    assert not any(identity.hears("b", 2).clone for _ in range(20))


def test_two_machines_whose_check_ins_alternate_are_clones_within_three_minutes_and_the_first_goes_on() -> None:
    identity = Identity()
    seen = [identity.hears(*who) for _ in range(4) for who in (("a", 1), ("b", 2))]
    assert [found.clone for found in seen] == [False] * 4 + [True] * 4
    assert [found.goes_on for found in seen[4:]] == [True, False] * 2


def test_of_clones_the_first_is_still_the_first_after_its_agent_was_started_anew() -> None:
    identity = Identity()
    for _ in range(4):
        identity.hears("a", 1)
        identity.hears("b", 2)
    identity.hears("a", 3)
    for _ in range(5):
        assert not identity.hears("b", 2).goes_on
        assert identity.hears("a", 3).goes_on
    assert not identity.hears("b", 4).goes_on, "nor does it help the other to start anew"


def test_two_agents_on_one_machine_are_clones_too() -> None:
    identity = Identity()
    seen = [identity.hears("a", epoch) for _ in range(4) for epoch in (1, 2)]
    assert seen[-1].clone
    assert [found.goes_on for found in seen[-2:]] == [True, False]


def test_beside_the_enrolled_machine_another_fingerprint_is_a_clone_at_once() -> None:
    identity = Identity()
    identity.hears("a", 1)
    found = identity.hears("b", 2, "another")
    assert found.clone
    assert not found.goes_on
    assert identity.hears("a", 1).goes_on


def test_the_enrolled_machine_goes_on_even_if_the_other_was_heard_first() -> None:
    identity = Identity()
    assert identity.hears("b", 2, "another").goes_on, "it may be the same host in another body"
    assert identity.hears("a", 1).goes_on
    assert not identity.hears("b", 2, "another").goes_on


def test_a_host_whose_fingerprint_has_changed_goes_on_where_the_old_one_is_gone() -> None:
    identity = Identity()
    identity.hears("a", 1)
    found = identity.hears("b", 2, "another", after_ms=LIVE_MS + 1)
    assert found.goes_on
    assert not found.clone


def test_where_nobody_was_enrolled_two_fingerprints_are_clones_only_if_both_come_back() -> None:
    identity = Identity(enrolled=None)
    identity.hears("a", 1, "one")
    assert not identity.hears("b", 2, "two").clone
    identity.hears("a", 1, "one")
    identity.hears("b", 2, "two")
    assert identity.hears("a", 1, "one").clone


def test_who_stands_down_goes_on_when_the_other_has_been_silent_long_enough_and_not_before() -> None:
    identity = Identity()
    for _ in range(4):
        identity.hears("a", 1)
        identity.hears("b", 2)
    for _ in range(HELD_MS // MINUTE - 1):
        assert not identity.hears("b", 2, after_ms=MINUTE).goes_on
    found = identity.hears("b", 2, after_ms=2 * MINUTE)
    assert found.goes_on
    assert not found.clone


@pytest.mark.parametrize("enrolled", [None, "print"])
@given(
    whos=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.sampled_from(["print", "other"])), min_size=1)
)
def test_whatever_comes_somebody_goes_on_and_the_memory_is_bounded(
    enrolled: str | None, whos: list[tuple[str, int, str]]
) -> None:
    identity = Identity(enrolled)
    for boot, epoch, fingerprint in whos:
        found = identity.hears(boot, epoch, fingerprint, 1000)
        assert any(not machine.down for machine in found.machines)
        assert found.clone or found.goes_on
        assert len(found.machines) <= 16
