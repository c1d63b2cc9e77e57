"""Plugins for what cannot be installed everywhere, against recorded answers.

Docker's and systemd's were recorded from real ones for these tests. Those of Elasticsearch 8, disks and arrays have the
shape and most of the values of published recordings; states that a healthy server does not show were changed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn, UnixStreamServer
from typing import Any

import pytest

from agent.plugins.native.conntrack import ConntrackPlugin
from agent.plugins.native.docker import DockerPlugin
from agent.plugins.native.elasticsearch import ElasticsearchPlugin
from agent.plugins.native.mdstat import MdstatPlugin
from agent.plugins.native.smart import SmartPlugin
from agent.plugins.native.systemd import SystemdPlugin
from tests.integration.plugins.clusters import short_folder
from tests.integration.plugins.test_files_and_processes import good
from tests.integration.plugins.test_more_servers import declared, names
from vedette_plugin.testing import run_once

RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text(encoding="utf-8"))


class Threaded(ThreadingMixIn, TCPServer):
    daemon_threads = True


class Near(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


@contextmanager
def answering(find: Callable[[str], Any], path: Path | None = None) -> Iterator[str]:
    """An HTTP server that answers a path with what `find` gives as JSON, and 404 for None."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = find(self.path)
            body = json.dumps(found).encode()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "client"

        def log_message(self, *words: object) -> None:
            return

    with Threaded(("127.0.0.1", 0), Handler) if path is None else Near(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield str(path) if path else f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(10)


def test_docker_tells_its_containers() -> None:
    answers = recorded("docker.json")
    with short_folder() as folder, answering(answers.get, folder / "docker.sock") as address:
        found = good(run_once(DockerPlugin, {"address": address}))
        short = good(run_once(DockerPlugin, {"address": address, "containers": False}))
    with answering(answers.get) as url:
        assert good(run_once(DockerPlugin, {"address": url})) == found
    assert names(DockerPlugin, found) == declared(DockerPlugin) - {"read_bytes", "written_bytes"}
    assert short == {name: value for name, value in found.items() if "container=" not in name}
    states = [found[f'docker.containers{{state="{state}"}}'] for state in ("running", "paused", "stopped")]
    assert states == [2, 0, 2]
    assert (found['docker.healthy{container="good"}'], found['docker.healthy{container="bad"}']) == (1, 0)
    assert found['docker.restarts{container="restarting"}'] == 6
    assert found['docker.memory_bytes{container="good"}'] == 4_157_440 - 3_145_728
    assert found['docker.memory_ratio{container="good"}'] == pytest.approx(1_011_712 / (64 << 20))
    assert found['docker.received_bytes{container="good",network="eth0"}'] == 1112
    assert found['docker.cpu_s{container="good"}'] == pytest.approx(0.220030315)
    assert 'docker.memory_ratio{container="bad"}' not in found, "it has no limit"


def test_a_container_that_ended_meanwhile_costs_only_itself() -> None:
    answers = {path: answer for path, answer in recorded("docker.json").items() if "5846d58ce4d5" not in path}
    with answering(answers.get) as url:
        found = good(run_once(DockerPlugin, {"address": url}))
    assert 'docker.cpu_s{container="bad"}' in found
    assert not any('"good"' in name for name in found)


def test_elasticsearch_tells_its_health_and_its_work() -> None:
    answers = recorded("elasticsearch.json")
    with answering(lambda path: next((a for name, a in answers.items() if path.startswith(f"/{name}")), None)) as url:
        found = good(run_once(ElasticsearchPlugin, {"url": url}))
    assert names(ElasticsearchPlugin, found) == declared(ElasticsearchPlugin)
    assert (found["elasticsearch.health"], found["elasticsearch.shards_moving"]) == (1, 3)
    assert found["elasticsearch.documents"] == 403_212_527
    assert found["elasticsearch.index_s"] == pytest.approx(1_100_149.051)
    assert found["elasticsearch.heap_ratio"] == pytest.approx(0.5515, abs=1e-4)
    assert found["elasticsearch.collection_s"] == pytest.approx(6014.901)
    assert found["elasticsearch.disk_free_ratio"] == pytest.approx(0.6057, abs=1e-4)
    assert found["elasticsearch.breakers_tripped"] == 1
    answers["_cluster/health"]["number_of_data_nodes"] = 1
    with answering(lambda path: next((a for name, a in answers.items() if path.startswith(f"/{name}")), None)) as url:
        assert good(run_once(ElasticsearchPlugin, {"url": url}))["elasticsearch.health"] == 2
    with answering(lambda _: {"tagline": "something else"}) as url:
        other = run_once(ElasticsearchPlugin, {"url": url})
    assert other.failure is not None
    assert other.failure.subject == "this is not Elasticsearch"


def script(folder: Path, body: str) -> list[str]:
    path = folder / "command"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return [str(path)]


def test_systemd_tells_what_failed_and_what_restarts(tmp_path: Path) -> None:
    folder = RECORDED / "systemd"
    command = script(
        tmp_path,
        f"""case "$1" in list-units) cat "{folder}/list-units.txt";; show) cat "{folder}/show-${{3%.service}}.txt";;
        esac""",
    )
    units = ["good.service", "again.service", "broken.service", "nothing.service"]
    found = good(run_once(SystemdPlugin, {"units": units, "command": command}))
    ignoring = good(run_once(SystemdPlugin, {"ignore": ["broken.service"], "command": command}))
    assert names(SystemdPlugin, found) == declared(SystemdPlugin) - {"cpu_s"}  # that system did not account for it
    assert found['systemd.units{state="active"}'] == 4
    assert found["systemd.failed"] == found['systemd.unit_failed{unit="broken.service"}'] == 1
    assert [found[f'systemd.active{{unit="{unit}"}}'] for unit in units] == [1, 0, 0, 0]
    assert found['systemd.restarts{unit="again.service"}'] == 21
    assert found['systemd.memory_bytes{unit="good.service"}'] == 184_320
    assert ignoring["systemd.failed"] == 0
    assert 'systemd.units{state="not-found"}' not in found


def test_smart_tells_disks_of_both_kinds_and_lets_others_sleep(tmp_path: Path) -> None:
    folder = RECORDED / "smart"
    asleep = '{"smartctl": {"exit_status": 3, "messages": [{"string": "Device is in STANDBY mode, exit(3)"}]}}'
    broken = '{"smartctl": {"exit_status": 2, "messages": [{"string": "Read Device Identity failed"}]}}'
    listed = [{"name": f"/dev/{name}", "type": "scsi"} for name in ("sdb", "nvme0", "sdc", "sdd")]
    listed += [{"name": "/dev/bus/0", "type": f"megaraid,{number}"} for number in range(2)]
    sas = '{"smart_status": {"passed": true}, "scsi_grown_defect_list": 3, "smartctl": {"exit_status": 0}}'
    command = script(
        tmp_path,
        f"""case "$*" in *--scan*) echo '{json.dumps({"devices": listed})}';; *sdb*) cat {folder}/sdb.json;;
        *"-d scsi"*) exit 9;; *megaraid,1*) echo '{sas}';; *megaraid,0*) echo nothing;;
        *nvme0*) cat {folder}/nvme0.json;; *sdc*) echo '{asleep}'; exit 3;; *) echo '{broken}'; exit 2;; esac""",
    )
    run = run_once(SmartPlugin, {"command": command})
    found = good(run)
    assert names(SmartPlugin, found) == declared(SmartPlugin)
    assert [found[f'smart.healthy{{disk="/dev/{name}"}}'] for name in ("sdb", "nvme0")] == [1, 1]
    assert found['smart.temperature_celsius{disk="/dev/sdb"}'] == 32
    assert found['smart.reallocated{disk="/dev/sdb"}'] == 1
    assert found['smart.written_bytes{disk="/dev/sdb"}'] == 543_343_366 * 512
    assert found['smart.written_bytes{disk="/dev/nvme0"}'] == 1_969_459 * 512_000
    assert (found['smart.wear_ratio{disk="/dev/nvme0"}'], found['smart.spare_ratio{disk="/dev/nvme0"}']) == (0, 1)
    assert found['smart.reallocated{disk="/dev/bus/0 megaraid,1"}'] == 3
    assert [subject for subject, _ in run.errors] == [
        "/dev/sdd cannot be read",
        "/dev/bus/0 megaraid,0: smartctl says something else than it should (needed: version 7)",
    ]
    none = run_once(SmartPlugin, {"command": script(tmp_path, "echo '{}'")})
    assert none.failure is not None
    assert none.failure.subject == "smartctl finds no disks"
    option = run_once(SmartPlugin, {"command": command, "devices": ["/dev/sda", "--set=smart,off"]})
    assert option.failure is not None
    assert "allowed: paths" in option.failure.subject


MDSTAT = """Personalities : [raid1] [raid6] [raid5] [raid4] [raid0]
md2 : active raid5 sde1[4](S) sdd1[3](F) sdc1[1] sdb1[0]
      209584128 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [UU_]
      [==>..................]  recovery = 12.6% (13217280/104792064) finish=7.3min speed=208096K/sec

md1 : active (auto-read-only) raid1 sdb2[1] sda2[0]
      1048512 blocks [2/2] [UU]
      \tresync=PENDING

md0 : inactive sdf[0](S)
      976762584 blocks super 1.2

md127 : inactive sdg[1](S) sdh[0](S)
      6306 blocks super external:imsm

unused devices: <none>
"""


def test_mdstat_tells_what_is_missing_and_how_far_repairs_are(tmp_path: Path) -> None:
    (tmp_path / "mdstat").write_text(MDSTAT)
    found = good(run_once(MdstatPlugin, {"path": str(tmp_path / "mdstat")}))
    assert names(MdstatPlugin, found) == declared(MdstatPlugin)
    assert found["mdstat.arrays"] == 4
    assert 'mdstat.active{array="md127"}' not in found, "it is a container"
    assert [found[f'mdstat.active{{array="md{number}"}}'] for number in range(3)] == [0, 1, 1]
    parts = ("disks", "disks_missing", "disks_faulty", "disks_spare")
    assert [found[f'mdstat.{part}{{array="md2"}}'] for part in parts] == [2, 1, 1, 1]
    assert found['mdstat.disks_missing{array="md1"}'] == 0
    assert found['mdstat.progress_ratio{array="md2",work="recovery"}'] == pytest.approx(0.126)
    assert found['mdstat.progress_ratio{array="md1",work="resync"}'] == 0
    (tmp_path / "mdstat").write_text("Personalities : \nunused devices: <none>\n")
    assert good(run_once(MdstatPlugin, {"path": str(tmp_path / "mdstat")})) == {"mdstat.arrays": 0}
    gone = run_once(MdstatPlugin, {"path": str(tmp_path / "nowhere")})
    assert gone.failure is not None
    assert "is the module md loaded?" in gone.failure.subject


def test_conntrack_tells_how_full_its_table_is(tmp_path: Path) -> None:
    table, statistics = tmp_path / "sys" / "net" / "netfilter", tmp_path / "net" / "stat"
    table.mkdir(parents=True)
    statistics.mkdir(parents=True)
    (table / "nf_conntrack_count").write_text("900\n")
    (table / "nf_conntrack_max").write_text("1000\n")
    heads = "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop"
    rows = ["00000384 0 0 0 0000000a 0 0 0 0 00000001 00000010 0", "00000384 0 0 0 00000006 0 0 0 0 0 00000001 2"]
    (statistics / "nf_conntrack").write_text("\n".join([heads, *rows]) + "\n")
    found = good(run_once(ConntrackPlugin, {"proc": str(tmp_path)}))
    assert found == {
        "conntrack.entries": 900,
        "conntrack.most": 1000,
        "conntrack.used_ratio": 0.9,
        "conntrack.invalid": 16,
        "conntrack.insert_failed": 1,
        "conntrack.dropped": 17,
        "conntrack.early_dropped": 2,
    }
    missing = run_once(ConntrackPlugin, {"proc": str(tmp_path / "nowhere")})
    assert missing.failure is not None
    assert "nf_conntrack" in missing.failure.subject
