"""Plugins for cron, Postfix, time servers, Unbound and dnsmasq, against the real ones."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.plugins.native.cron import CronPlugin
from agent.plugins.native.dnsmasq import DnsmasqPlugin
from agent.plugins.native.ntp import NtpPlugin
from agent.plugins.native.postfix import PostfixPlugin
from agent.plugins.native.unbound import UnboundPlugin
from tests.integration.plugins.clusters import short_folder
from tests.integration.plugins.servers import free_port, installed, wait_until
from tests.integration.plugins.test_files_and_processes import good
from tests.integration.plugins.test_more_servers import declared, names, running
from vedette_plugin.testing import run_once

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="these servers can only be started by root")


def test_a_time_server_tells_how_far_this_clock_is_off(tmp_path: Path) -> None:
    program, port = installed("chronyd", "chrony"), free_port()
    (tmp_path / "conf").write_text(f"port {port}\ncmdport 0\nbindaddress 127.0.0.1\nlocal stratum 8\nallow 127/8\n"
                                   f"pidfile {tmp_path}/pid\nbindcmdaddress /\n")  # fmt: skip
    user = ["-u", "root"] if os.getuid() == 0 else []
    options = {"server": f"127.0.0.1:{port}"}
    with running(program, "-x", "-d", *user, "-f", str(tmp_path / "conf")) as process:
        wait_until(lambda: run_once(NtpPlugin, options).values.get("ntp.up") == 1, process)
        found = good(run_once(NtpPlugin, options))
    assert names(NtpPlugin, found) == declared(NtpPlugin)
    assert (found["ntp.synchronised"], found["ntp.stratum"]) == (1, 8)
    assert abs(found["ntp.offset_s"]) < 0.05, "it is the same clock"
    assert 0 <= found["ntp.delay_s"] < 1
    silent = run_once(NtpPlugin, {**options, "samples": 1}, timeout_s=1)
    assert silent.values == {"ntp.up": 0}
    assert "does not answer" in silent.errors[0][0]


def test_a_clock_that_is_off_is_measured_and_one_that_knows_no_time_is_not_believed(tmp_path: Path) -> None:
    for leap, ahead in ((0, 100.25), (3, 100.25)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as served:
            served.bind(("127.0.0.1", 0))
            options = {"server": f"127.0.0.1:{served.getsockname()[1]}", "samples": 1}
            child = os.fork()
            if child == 0:
                asked, where = served.recvfrom(1024)
                stamp = round((time.time() + 2_208_988_800 + ahead) * 2**32).to_bytes(9, "big")[-8:]
                served.sendto(bytes([leap << 6 | 0x24, 2, 0, 0]) + bytes(20) + asked[40:48] + stamp * 2, where)
                os._exit(0)
            found = good(run_once(NtpPlugin, options))
            os.waitpid(child, 0)
        assert found["ntp.synchronised"] == (leap == 0)
        if leap == 0:
            assert found["ntp.offset_s"] == pytest.approx(100.25, abs=0.1)
        else:
            assert "ntp.offset_s" not in found


UNBOUND = """
server:
  interface: 127.0.0.1@{port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/pid"
  extended-statistics: yes
  local-zone: "example." static
  local-data: "a.example. IN A 192.0.2.1"
remote-control:
  control-enable: yes
  control-interface: {folder}/control
  control-use-cert: no
"""


def ask(port: int, name: str) -> bytes:
    """Ask a server for an address, as every resolver does."""
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.settimeout(5)
        asked.connect(("127.0.0.1", port))
        asked.send(b"ab\1\0\0\1\0\0\0\0\0\0" + question + b"\0\0\1\0\1")
        return asked.recv(4096)


def test_unbound_tells_its_questions_and_answers() -> None:
    program, control, port = installed("unbound", "unbound"), installed("unbound-control", "unbound"), free_port()
    with short_folder() as folder:
        (folder / "conf").write_text(UNBOUND.format(folder=folder, port=port))
        options = {"config": str(folder / "conf"), "command": [control]}
        with running(program, "-c", str(folder / "conf")) as process:
            wait_until(lambda: run_once(UnboundPlugin, options).failure is None, process)
            for name in ("a.example", "a.example", "b.example"):
                ask(port, name)
            found = good(run_once(UnboundPlugin, options))
        gone = run_once(UnboundPlugin, options)
    assert names(UnboundPlugin, found) == declared(UnboundPlugin)
    assert found["unbound.questions"] == 3
    assert (found['unbound.answers{code="NOERROR"}'], found['unbound.answers{code="NXDOMAIN"}']) == (2, 1)
    assert gone.failure is not None


def test_dnsmasq_tells_its_cache_and_the_servers_that_it_asks(tmp_path: Path) -> None:
    program, port, other = installed("dnsmasq", "dnsmasq-base"), free_port(), free_port()
    alone = ["-k", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--pid-file=", "--bind-interfaces"]
    one = [program, *alone, "--listen-address=127.0.0.1", "--user="]
    options = {"server": f"127.0.0.1:{port}"}
    with (
        running(*one, f"--port={other}", "--address=/a.example/192.0.2.1"),
        running(*one, f"--port={port}", f"--server=127.0.0.1#{other}", "--cache-size=77") as process,
    ):
        wait_until(lambda: run_once(DnsmasqPlugin, options).failure is None, process)
        for _ in range(3):
            ask(port, "a.example")
        found = good(run_once(DnsmasqPlugin, options))
    assert names(DnsmasqPlugin, found) == declared(DnsmasqPlugin)
    assert found["dnsmasq.cache_entries"] == 77
    assert found["dnsmasq.hits"] + found["dnsmasq.misses"] >= 3
    assert found[f'dnsmasq.asked{{server="127.0.0.1#{other}"}}'] >= 1
    gone = run_once(DnsmasqPlugin, options)
    assert gone.failure is not None
    assert "does not answer" in gone.failure.subject


@contextmanager
def cron(folder: Path) -> Iterator[Path]:
    """A cron that sees this test's tables and no others, in a namespace of its own."""
    program = installed("cron", "cron")
    tables = folder / "cron.d"
    tables.mkdir()
    (tables / "jobs").write_text(
        "# a job\nPATH=/bin\n@reboot root sleep 1000\n7 3 * * 1-5 root true\n\n*/5 * * * * root x\n"
    )
    for empty in ("spool", "run"):
        (folder / empty).mkdir()
    (folder / "crontab").touch()
    hidden = [("cron.d", "/etc/cron.d"), ("spool", "/var/spool/cron"), ("run", "/run"), ("crontab", "/etc/crontab")]
    mounts = "; ".join(f"mount --bind {folder / own} {place}" for own, place in hidden)
    with running("unshare", "--mount", "sh", "-ec", f"{mounts}; exec {program} -f"):
        yield tables


@needs_root
def test_cron_tells_its_jobs_and_those_that_run(tmp_path: Path) -> None:
    with cron(tmp_path) as tables:
        options = {"tables": [str(tables), str(tmp_path / "nowhere")]}
        wait_until(lambda: good(run_once(CronPlugin, options))["cron.jobs_running"] >= 1)
        found = good(run_once(CronPlugin, options))
    assert names(CronPlugin, found) == declared(CronPlugin)
    assert (found["cron.running"], found["cron.jobs"]) == (1, 3)
    assert found["cron.oldest_s"] == 0, "what began with the daemon may stay"
    none = good(run_once(CronPlugin, {**options, "daemons": ["no-such-daemon"]}))
    assert (none["cron.running"], none["cron.jobs_running"]) == (0, 0)


POSTFIX = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = host.example
alternate_config_directories = {folder}/conf
defer_transports = smtp, local
inet_interfaces = loopback-only
alias_maps =
"""


@contextmanager
def postfix(folder: Path) -> Iterator[Path]:
    """A Postfix that listens nowhere and delivers nothing."""
    program = installed("postfix", "postfix")
    conf = folder / "conf"
    conf.mkdir()
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
    (conf / "main.cf").write_text(POSTFIX.format(folder=folder))
    lines = Path("/usr/share/postfix/master.cf.dist").read_text(encoding="utf-8").splitlines()
    kept = [line.replace(" y ", " n ", 3) if line[:1].isalpha() else line for line in lines]
    (conf / "master.cf").write_text("\n".join(line for line in kept if " inet " not in line) + "\n")
    (folder / "main.cf").touch()
    subprocess.run([program, "-c", str(conf), "start"], check=False, capture_output=True)
    try:
        yield conf
    finally:
        subprocess.run([program, "-c", str(conf), "abort"], check=False, capture_output=True)


@needs_root
def test_postfix_tells_how_much_waits_and_for_how_long() -> None:
    with short_folder() as folder, postfix(folder) as conf:
        options = {"config": str(conf)}
        wait_until(lambda: run_once(PostfixPlugin, options).failure is None)
        empty = good(run_once(PostfixPlugin, options))
        send = [installed("sendmail", "postfix"), "-C", str(conf), "-f", "a@host.example", "b@elsewhere.example"]
        for _ in range(3):
            subprocess.run(send, input=b"Subject: x\n\nhello\n", check=True, capture_output=True)
        key = 'postfix.messages{queue="deferred"}'
        wait_until(lambda: good(run_once(PostfixPlugin, options))[key] == 3)
        assert 0 < good(run_once(PostfixPlugin, options))["postfix.oldest_deferred_s"] < 600
        subprocess.run(
            [installed("postsuper", "postfix"), "-c", str(conf), "-h", "ALL"], check=True, capture_output=True
        )
        held = good(run_once(PostfixPlugin, options))
    assert empty["postfix.waiting"] == empty["postfix.oldest_s"] == 0
    assert held["postfix.oldest_s"] == held["postfix.oldest_deferred_s"] == 0
    assert names(PostfixPlugin, held) == declared(PostfixPlugin)
    assert (held['postfix.messages{queue="hold"}'], held[key], held["postfix.waiting"]) == (3, 0, 0)
    assert held['postfix.size_bytes{queue="hold"}'] > 300
