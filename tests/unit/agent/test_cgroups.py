"""Cgroups: containers are recognised however they are run, and their files are read as the kernel writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.collectors.cgroups import CgroupsCollector, known, unified

ID = "0123456789ab" + "c" * 52
OTHER = "f" * 64
FILES = {
    "cpu.stat": "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_throttled 3\nthrottled_usec 250000\n",
    "memory.current": "1000000\n",
    "memory.max": "2000000\n",
    "memory.stat": "anon 500000\nfile 400000\ninactive_file 200000\n",
    "memory.events": "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n",
    "pids.current": "7\n",
    "io.stat": "8:0 rbytes=4096 wbytes=100 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=4 wbytes=1 rios=1 wios=1\n7:1 \n",
}


def tree(root: Path, *folders: str, files: dict[str, str] = FILES) -> Path:
    root.mkdir(exist_ok=True)
    (root / "cgroup.controllers").write_text("cpu io memory pids\n")
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (root / folder / name).write_text(text)
    return root


def read(root: Path, names: dict[str, str] | None = None) -> dict[str, float]:
    groups = CgroupsCollector(root, lambda ids: names or {}).collect(0.0)
    return {name: value for group in groups for name, value in group.values.items()}


@pytest.mark.parametrize(
    ("folder", "container"),
    [
        (f"system.slice/docker-{ID}.scope", ID),
        (f"docker/{ID}", ID),
        (f"machine.slice/libpod-{ID}.scope", ID),
        (f"user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope", ID),
        (f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-{ID}.scope", ID),
        (f"kubepods/besteffort/pod5/{ID}", ID),
        (f"kubepods.slice/kubepods-pod9.slice/crio-{ID}.scope", ID),
        ("lxc.payload.web", "web"),
        ("machine.slice/machine-build.scope", "build"),
        ("machine.slice/machine-my\\x2dbuild.scope", "my-build"),
        ("machine.slice/systemd-nspawn@web.service", "web"),
    ],
)
def test_a_container_is_found_wherever_it_runs(tmp_path: Path, folder: str, container: str) -> None:
    found = read(tree(tmp_path, folder), {ID: "shop"})
    label = "shop" if container == ID else container
    assert found[f'container.cpu_s{{container="{label}"}}'] == 2.5
    assert {name.partition("{")[2] for name in found} == {f'container="{label}"}}'}


@pytest.mark.parametrize(
    "name",
    [
        "lxc.monitor.web",
        "machine-a.slice",
        "machine-qemu\\x2d1\\x2dvm.scope",
        f"libpod-conmon-{ID}.scope",
        "user-1000.slice",
        "session-3.scope",
        "init.scope",
        ID[:40],
    ],
)
def test_what_is_no_container_is_none(name: str) -> None:
    assert known(name, f"/x/{name}") is None


def test_each_number_is_what_the_kernel_says(tmp_path: Path) -> None:
    [group] = CgroupsCollector(tree(tmp_path, f"docker/{ID}"), lambda ids: {}).collect(0.0)
    label = '{container="0123456789ab"}'
    assert group.values == {
        f"container.{name}{label}": value
        for name, value in {
            "cpu_s": 2.5,
            "cpu_throttled_s": 0.25,
            "oom_kills": 1,
            "tasks": 7,
            "read_bytes": 4100,
            "written_bytes": 101,
            "memory_bytes": 800_000,
            "memory_limit_bytes": 2_000_000,
            "memory_used_ratio": 0.4,
        }.items()
    }
    counted = {name.partition("{")[0].partition(".")[2] for name, kind in group.kinds.items() if kind == "counter"}
    assert counted == {"cpu_s", "cpu_throttled_s", "oom_kills", "read_bytes", "written_bytes"}


def test_without_a_limit_there_is_no_share_of_it_and_what_no_controller_counts_is_absent(tmp_path: Path) -> None:
    files = {"cpu.stat": FILES["cpu.stat"], "memory.current": "5\n", "memory.max": "max\n"}
    names = {name.partition("{")[0] for name in read(tree(tmp_path, f"docker/{ID}", files=files))}
    assert names == {"container.cpu_s", "container.cpu_throttled_s", "container.memory_bytes"}
    assert read(tree(tmp_path / "v2", f"docker/{ID}", files={})) == {}


def test_services_of_the_system_are_units_and_what_they_run_in_is_looked_at(tmp_path: Path) -> None:
    folders = [
        "system.slice/nginx.service",
        "system.slice/system-getty.slice/getty@tty1.service",
        "user.slice/x.service",
    ]
    inner = f"system.slice/docker.service/{ID}"
    found = read(tree(tmp_path, *folders, "system.slice/docker.service", inner))
    labels = {name.partition("{")[2] for name in found}
    units = {'unit="nginx.service"}', 'unit="docker.service"}', 'unit="getty@tty1.service"}'}
    assert labels == {*units, 'container="0123456789ab"}'}
    assert found['unit.tasks{unit="nginx.service"}'] == 7


def test_a_container_s_own_groups_are_its_own_business(tmp_path: Path) -> None:
    found = read(tree(tmp_path, f"docker/{ID}", f"docker/{ID}/system.slice/app.service", f"docker/{ID}/{OTHER}"))
    assert {name.partition("{")[2] for name in found} == {'container="0123456789ab"}'}


def test_version_one_of_cgroups_gives_nothing_and_both_together_the_second(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    assert unified(tmp_path) is None
    assert read(tmp_path) == {}
    tree(tmp_path / "unified", f"docker/{ID}")
    assert unified(tmp_path) == tmp_path / "unified"
    assert read(tmp_path)['container.cpu_s{container="0123456789ab"}'] == 2.5


def test_only_so_many_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.collectors.cgroups.MOST", 2)
    folders = [f"docker/{n:064x}" for n in range(5)] + [f"system.slice/{n}.service" for n in range(5)]
    labels = {
        name.partition("{")[2] for name in read(tree(tmp_path, *folders), {f"{n:064x}": str(n) for n in range(5)})
    }
    assert labels == {'container="0"}', 'container="1"}', 'unit="0.service"}', 'unit="1.service"}'}
