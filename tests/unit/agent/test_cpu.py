"""CPU shares are those between two readings."""

from __future__ import annotations

import pytest

from agent.collectors.cpu import CpuCollector, CpuReading, cpu_ratios

BOOT = dict.fromkeys(("user", "system", "idle", "iowait", "steal", "nice", "irq", "softirq"), 0.0)


def reading(**times: float) -> CpuReading:
    return CpuReading(BOOT | times, 10, 20, 4)


def collect(collector: CpuCollector, at: float = 0.0) -> dict[str, float]:
    [group] = collector.collect(at)
    return group.values


def test_shares_are_those_of_the_time_since_the_previous_reading() -> None:
    readings = iter([reading(user=100, idle=900), reading(user=101, idle=902, iowait=1, irq=0.5, softirq=0.5)])
    collector = CpuCollector(lambda: next(readings))
    collect(collector)
    values = collect(collector, 5.0)
    assert values["cpu.user_ratio"] == pytest.approx(0.2)
    assert values["cpu.idle_ratio"] == pytest.approx(0.4)
    assert values["cpu.irq_ratio"] == pytest.approx(0.2)
    assert values["cpu.used_ratio"] == pytest.approx(0.4)


def test_the_first_shares_are_those_since_boot() -> None:
    values = collect(CpuCollector(lambda: reading(user=25, idle=75)))
    assert (values["cpu.user_ratio"], values["cpu.used_ratio"]) == (0.25, 0.25)


def test_the_shares_of_one_reading_add_up_to_one() -> None:
    ratios = cpu_ratios({}, dict(zip(BOOT, range(1, 9), strict=True)))
    assert sum(ratios.values()) - ratios["cpu.used_ratio"] == pytest.approx(1.0)


def test_when_no_time_passed_the_earlier_shares_are_repeated() -> None:
    collector = CpuCollector(lambda: reading(user=25, idle=75))
    assert collect(collector) == collect(collector)


def test_iowait_that_goes_back_counts_as_none_instead_of_everything() -> None:
    ratios = cpu_ratios(BOOT | {"idle": 100.0, "iowait": 50.0}, BOOT | {"idle": 101.0, "iowait": 49.0})
    assert (ratios["cpu.iowait_ratio"], ratios["cpu.idle_ratio"]) == (0.0, 1.0)


def test_times_that_all_went_back_give_no_shares_of_nonsense() -> None:
    assert cpu_ratios(BOOT | {"user": 100.0, "idle": 900.0}, BOOT | {"user": 1.0, "idle": 9.0}) == {}


def test_states_that_a_system_does_not_know_are_absent() -> None:
    assert set(cpu_ratios({}, {"user": 1.0, "nice": 0.0, "system": 1.0, "idle": 2.0})) == {
        "cpu.user_ratio",
        "cpu.nice_ratio",
        "cpu.system_ratio",
        "cpu.idle_ratio",
        "cpu.used_ratio",
    }


def test_guest_time_is_not_counted_twice() -> None:
    assert cpu_ratios({}, {"user": 50.0, "guest": 50.0, "idle": 50.0})["cpu.user_ratio"] == 0.5


def test_totals_are_counters_and_shares_are_not() -> None:
    [group] = CpuCollector(lambda: reading(idle=1)).collect(0.0)
    assert group.kinds == {"cpu.interrupts": "counter", "cpu.context_switches": "counter"}
    assert (group.values["cpu.count"], group.values["cpu.interrupts"]) == (4.0, 10.0)
