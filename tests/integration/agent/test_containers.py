"""Containers: the kernel's own accounts of a cgroup that does something, and names from a socket."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.collectors.cgroups import CgroupsCollector, unified
from agent.collectors.container_names import DockerNames, ask
from tests.integration.plugins.clusters import short_folder
from tests.integration.plugins.test_recorded import answering, recorded

ID = "ab" * 32
CGROUPS = Path("/sys/fs/cgroup")


@pytest.fixture
def container() -> Iterator[Path]:
    """A cgroup that is named as Docker would."""
    root = unified(CGROUPS)
    if root is None or not os.access(root, os.W_OK):
        pytest.skip("needs cgroup v2 and the right to make cgroups")
    folder = root / f"docker-{ID}.scope"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made here: {error}")
    yield folder
    folder.rmdir()


def test_processor_time_of_a_container_is_the_kernel_s(container: Path) -> None:
    def seconds() -> float:
        groups = CgroupsCollector(names=lambda ids: {ID: "busy"}).collect(0.0)
        return next(
            value
            for group in groups
            for name, value in group.values.items()
            if name == 'container.cpu_s{container="busy"}'
        )

    before = seconds()
    enter = f"open({str(container / 'cgroup.procs')!r}, 'w').write('0')"
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    subprocess.run([sys.executable, "-c", f"{enter}\n{burn}"], check=True)
    assert 0.4 <= seconds() - before <= 5


def test_names_come_from_the_socket_and_are_asked_for_only_when_there_is_a_new_container() -> None:
    answer = [row | {"Id": row["Id"].ljust(64, "0")} for row in recorded("docker.json")["/containers/json"]]
    asked: list[str] = []

    def get(path: str) -> object:
        asked.append(path)
        return answer

    at = 0.0
    with short_folder() as folder, answering(get, folder / "docker.sock") as address:
        names = DockerNames([address], monotonic=lambda: at)
        known = ask(address)
        assert known
        assert all(len(identity) == 64 and not name.startswith("/") for identity, name in known.items())
        asked.clear()
        for _ in range(3):
            assert dict(names(frozenset(known))) == known
        assert len(asked) == 1
        names(frozenset({*known, "e" * 64}))
        names(frozenset({*known, "e" * 64}))
        assert len(asked) == 2, "one that has no name is not asked for at every report"
        at = 61.0
        names(frozenset({*known, "e" * 64}))
        assert len(asked) == 3


@pytest.mark.parametrize("answer", [{"message": "no"}, [{"Id": 5}], "text"])
def test_an_answer_that_makes_no_sense_gives_no_names(answer: object) -> None:
    with short_folder() as folder, answering(lambda path: answer, folder / "docker.sock") as address:
        assert ask(address) == {}


def test_a_socket_that_is_not_there_gives_no_names(tmp_path: Path) -> None:
    assert ask(str(tmp_path / "docker.sock")) == {}
