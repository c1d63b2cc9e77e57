"""Units: counted by state, the failed ones named; nothing where systemd does not run the system."""

from __future__ import annotations

from pathlib import Path

from agent.collectors.units import STATES, UnitsCollector, parse_units

RECORDED = Path(__file__).parents[2] / "integration" / "plugins" / "recorded" / "systemd" / "list-units.txt"
OLDER = """\
● broken.service loaded failed failed Broken
* worse.service  loaded failed failed Worse
  ssh.service    loaded active running OpenBSD Secure Shell server
"""


def test_a_real_list_is_counted_and_units_that_are_not_there_are_none(tmp_path: Path) -> None:
    (tmp_path / "run" / "systemd" / "system").mkdir(parents=True)
    text = RECORDED.read_text()
    counts, *failed = UnitsCollector(tmp_path, lambda: text).collect(0.0)
    rows = [line.split() for line in text.splitlines()]
    for state in STATES:
        expected = sum(row[2] == state for row in rows if row[1] != "not-found")
        assert counts.values[f'systemd.units{{state="{state}"}}'] == expected, state
    assert [list(group.values) for group in failed] == [['systemd.unit_failed{unit="broken.service"}']]


def test_marks_before_a_failed_unit_are_no_part_of_its_name() -> None:
    assert parse_units(OLDER) == [
        ("broken.service", "failed"),
        ("worse.service", "failed"),
        ("ssh.service", "active"),
    ]


def test_nobody_is_asked_where_systemd_does_not_run_the_system(tmp_path: Path) -> None:
    def never() -> str:
        raise AssertionError

    assert UnitsCollector(tmp_path, never).collect(0.0) == []
