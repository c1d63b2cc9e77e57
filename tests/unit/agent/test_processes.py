"""Processes are grouped by command, and only the top ones are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.collectors.process_table import ProcessRow, parse_stat, read_procfs
from agent.collectors.processes import TOP, CommandUse, ProcessCollector, command_name, top_commands


def row(pid: int, command: str, cpu_s: float, rss: float = 100.0, started: float = 0.0) -> ProcessRow:
    return ProcessRow(pid, started, 100.0, command, cpu_s, rss, 2)


def collect(collector: ProcessCollector, at: float) -> dict[str, float]:
    return {name: value for group in collector.collect(at) for name, value in group.values.items()}


def use(kind: str, command: str) -> str:
    return f'process.{kind}{{command="{command}"}}'


def test_processes_of_one_command_are_added_up() -> None:
    tables = iter([[row(1, "web", 10.0), row(2, "web", 20.0)], [row(1, "web", 11.0), row(2, "web", 22.0, 300.0)]])
    collector = ProcessCollector(lambda: next(tables))
    collect(collector, 0.0)
    values = collect(collector, 2.0)
    assert values[use("count", "web")] == 2.0
    assert values[use("cpu_ratio", "web")] == pytest.approx(1.5)
    assert values[use("memory_bytes", "web")] == 400.0
    assert (values["processes.total"], values["processes.threads"]) == (2.0, 4.0)


def test_each_command_is_a_group_of_its_own_three_names() -> None:
    groups = ProcessCollector(lambda: [row(1, "a", 1.0), row(2, "b", 1.0)]).collect(0.0)
    assert [len(group.values) for group in groups] == [2, 3, 3]


def test_the_first_share_is_the_mean_over_the_life_of_the_process() -> None:
    assert collect(ProcessCollector(lambda: [row(1, "web", 25.0)]), 0.0)[use("cpu_ratio", "web")] == 0.25


@pytest.mark.parametrize("at", [0.0, -1.0])
def test_when_no_time_passed_nothing_is_divided_by_zero(at: float) -> None:
    collector = ProcessCollector(lambda: [row(1, "web", 25.0)])
    collect(collector, 0.0)
    assert collect(collector, at)[use("cpu_ratio", "web")] == 0.25


def test_a_process_that_began_meanwhile_counts_with_all_its_time() -> None:
    tables = iter([[row(1, "web", 10.0)], [row(1, "web", 10.0), row(2, "job", 0.5)]])
    collector = ProcessCollector(lambda: next(tables))
    collect(collector, 0.0)
    assert collect(collector, 1.0)[use("cpu_ratio", "job")] == 0.5


def test_a_reused_process_number_is_another_process() -> None:
    tables = iter([[row(1, "old", 50.0)], [row(1, "new", 0.2, started=9.0)]])
    collector = ProcessCollector(lambda: next(tables))
    collect(collector, 0.0)
    values = collect(collector, 1.0)
    assert values[use("cpu_ratio", "new")] == pytest.approx(0.2)
    assert use("cpu_ratio", "old") not in values


def test_cpu_time_that_goes_back_is_no_negative_share() -> None:
    tables = iter([[row(1, "web", 10.0)], [row(1, "web", 9.0)]])
    collector = ProcessCollector(lambda: next(tables))
    collect(collector, 0.0)
    assert collect(collector, 1.0)[use("cpu_ratio", "web")] == 0.0


def test_the_top_is_that_by_cpu_and_that_by_memory_and_bounded() -> None:
    uses = {f"c{n:03}": CommandUse(1, cpu_ratio=n / 1000, memory_bytes=1000.0 - n) for n in range(200)}
    top = top_commands(uses)
    assert len(top) == 2 * TOP
    assert {"c199", "c180", "c000", "c019"} <= set(top)
    assert not {"c100", "c179", "c020"} & set(top)


def test_a_command_that_uses_nothing_is_not_reported() -> None:
    assert top_commands({"kthreadd": CommandUse(1), "web": CommandUse(1, 0.0, 1.0)}) == ["web"]


def test_kernel_threads_lose_their_number_and_others_keep_their_name() -> None:
    assert command_name(row(1, "kworker/0:1-events", 0.0, rss=0.0)) == "kworker"
    assert command_name(row(1, "a/b", 0.0, rss=1.0)) == "a/b"


@pytest.mark.parametrize(("given", "reported"), [("x" * 100, "x" * 64), ("a\nb", "a?b"), ("", "?")])
def test_command_names_are_bounded_and_printable(given: str, reported: str) -> None:
    assert command_name(row(1, given, 0.0)) == reported


def stat_line(pid: int, name: str, utime: int = 200, stime: int = 100) -> bytes:
    fields = ["S", *["0"] * 10, str(utime), str(stime), *["0"] * 4, "7", "0", "5000", "0", "25", *["0"] * 28]
    return f"{pid} ({name}) {' '.join(fields)}\n".encode()


@pytest.mark.parametrize("name", ["web", "tmux: server", "a) R 1 (b", "(sd-pam)", ""])
def test_a_line_of_proc_is_read_whatever_the_name_holds(name: str) -> None:
    found = parse_stat(stat_line(42, name), ticks=100, page=4096, uptime_s=60.0)
    assert found == ProcessRow(42, 50.0, 10.0, name, 3.0, 25 * 4096, 7)


@pytest.mark.parametrize("cut", [b"", b"42 (we", b"42 (web) S 1 2 3"])
def test_a_line_of_proc_that_is_cut_is_no_row(cut: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        parse_stat(cut, 100, 4096, 60.0)


def test_entries_of_proc_that_are_no_process_or_have_ended_are_skipped(tmp_path: Path) -> None:
    for name, stat in {"12": stat_line(12, "web"), "13": b"", "sys": b"no"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "stat").write_bytes(stat)
    (tmp_path / "14").mkdir()
    assert [found.pid for found in read_procfs(str(tmp_path))] == [12]
