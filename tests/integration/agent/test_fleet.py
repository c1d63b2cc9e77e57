"""The agent as a process under a real gateway: let in, configured while it runs, cut off from its token and back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installation import eventually
from tests.integration.gateway.hosts import enrolment_token, host
from tests.integration.gateway.reports import batches_in
from tests.integration.gateway.server import Gateway, Tail
from tests.integration.setup.starting import Starting
from tests.patience import PATIENCE_S
from vedette.clock import SystemClock
from vedette.events.samples import PackedSamples
from vedette.events.topics import SAMPLES


@pytest.fixture
def gateway(dsn: str, tmp_path: Path) -> Iterator[Gateway]:
    running = Gateway(dsn, tmp_path / "gateway")
    running.context.clock = SystemClock()
    with running:
        yield running


def vedette(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command of this host's administrator."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
    env |= {"VEDETTE_SPOOL": str(folder / "spool"), **settings}
    command = [sys.executable, "-m", "launch.main", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def enrol(gateway: Gateway, folder: Path, source: str, *more: str, **token: Any) -> subprocess.CompletedProcess[str]:
    (folder / "token").write_text(enrolment_token(gateway, **token) + "\n")
    given = ("--url", gateway.url, "--token-file", str(folder / "token"), "--source", source)
    return vedette(folder, "agent", "enrol", *given, *more)


def agent(folder: Path, **settings: str) -> Starting:
    """`vedette agent` without a token and without an address: it has its identity."""
    return Starting(
        folder, "agent", **{"VEDETTE_SPOOL": str(folder / "spool"), "VEDETTE_INTERVAL_S": "3600", **settings}
    )


def reports(tail: Tail) -> list[PackedSamples]:
    return batches_in(tail.read())


def whole(batches: list[PackedSamples]) -> bool:
    """Whether the numbers of each epoch are consecutive from 1."""
    epochs: dict[int, set[int]] = {}
    for batch in batches:
        epochs.setdefault(batch.epoch, set()).add(batch.seq)
    return all(numbers == set(range(1, len(numbers) + 1)) for numbers in epochs.values())


def test_an_enrolled_host_is_configured_by_its_role_while_it_runs(gateway: Gateway, tmp_path: Path) -> None:
    gateway.call("PUT", "/v1/roles/web", json={})
    done = enrol(gateway, tmp_path, "web-1", roles=["web"])
    assert done.returncode == 0, done.stderr
    assert "vdt_" not in done.stdout + done.stderr
    tail = Tail(gateway.log, SAMPLES.name)
    with agent(tmp_path) as process:
        process.says("control_followed")
        eventually("it has checked in", lambda: host(gateway, "web-1")["flags"] == [])
        assert host(gateway, "web-1")["agent"]["facts"]["cpus"] == os.cpu_count()
        gateway.call("PUT", "/v1/roles/web", json={"interval_s": 1, "collectors": {"cpu": False, "warp": False}})
        eventually("it reports each second", lambda: len({b.ts for b in reports(tail) if b.interval_ms == 1000}) >= 3)
        found = eventually("it says what it refused", lambda: host(gateway, "web-1")["agent"]["refused"])
        assert [refusal["part"] for refusal in found] == ["collectors[warp]"]
        later = [b for b in reports(tail) if b.interval_ms == 1000]
        assert not any(name.startswith("cpu.") for batch in later for name in batch.names())
        gateway.call("PUT", "/v1/sources/web-1/roles", json={"roles": []})
        eventually("it is as before", lambda: host(gateway, "web-1")["agent"]["config_version"] == host(
            gateway, "web-1")["config_version"])  # fmt: skip
        process.process.terminate()
        assert process.ended() == 0
    everything = reports(tail)
    assert len({batch.epoch for batch in everything}) == 1, "it was never started anew"
    assert whole(everything)
    assert everything[-1].interval_ms == 3_600_000


def test_what_was_configured_holds_after_a_restart_without_a_gateway(gateway: Gateway, tmp_path: Path) -> None:
    gateway.call("PUT", "/v1/fleet/defaults", json={"interval_s": 1})
    assert enrol(gateway, tmp_path, "web-1").returncode == 0
    with agent(tmp_path) as process:
        process.says("config_applied")
    ended_ms = SystemClock().now_ms()  # its first report, made before it was configured, may wait in the spool
    tail = Tail(gateway.log, SAMPLES.name)
    with agent(tmp_path, VEDETTE_URL="http://127.0.0.1:9") as process:
        process.says("report_failed", "standing")
        assert "away" in vedette(tmp_path, "agent", "status").stdout
    with agent(tmp_path) as process:
        eventually("what was spooled has come", lambda: len({b.ts for b in reports(tail) if b.ts > ended_ms}) >= 3)
    assert {batch.interval_ms for batch in reports(tail) if batch.ts > ended_ms} == {1000}


def test_a_revoked_token_is_said_and_after_enrolling_again_what_was_spooled_is_sent(
    gateway: Gateway, tmp_path: Path
) -> None:
    assert enrol(gateway, tmp_path, "web-1").returncode == 0
    tail = Tail(gateway.log, SAMPLES.name)
    with agent(tmp_path, VEDETTE_INTERVAL_S="1") as process:
        eventually("it reports", lambda: reports(tail))
        [token] = [row["id"] for row in gateway.call("GET", "/v1/tokens").json()["tokens"] if row["subject"] == "web-1"]
        assert gateway.call("DELETE", f"/v1/tokens/{token}").status_code == 204
        process.says("report_failed", "refused the token")
        gateway.call("PUT", "/v1/sources/web-1/config", json={"interval_s": 2})  # its stream ends, it asks again
        gateway.clock.advance(60)
        eventually("its status says so", lambda: "refused" in vedette(tmp_path, "agent", "status").stdout)
        assert "vedette agent enrol" in process.words()
        before = len(reports(tail))
        done = enrol(gateway, tmp_path, "web-1")
        assert done.returncode == 0, done.stderr
        eventually("what was spooled is sent", lambda: len(reports(tail)) > before)
        process.says("token_renewed")
        process.process.terminate()
        assert process.ended() == 0
    everything = reports(tail)
    assert len({batch.epoch for batch in everything}) == 1
    assert whole(everything)


def test_without_a_token_and_without_an_identity_the_agent_says_how_to_get_one(tmp_path: Path) -> None:
    done = vedette(tmp_path, "agent", "--url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "VEDETTE_TOKEN" in done.stderr
    assert "vedette agent enrol" in done.stderr
    assert "no agent has run" in vedette(tmp_path, "agent", "status").stderr


def test_an_enrolment_that_is_refused_leaves_no_identity_and_says_the_gateways_words(
    gateway: Gateway, tmp_path: Path
) -> None:
    given = ("--url", gateway.url, "--source", "web-1")
    done = vedette(tmp_path, "agent", "enrol", *given, "--token", "vde_" + "x" * 27)
    assert done.returncode == 1
    assert "the enrolment token is not known" in done.stderr
    assert "either --token or --token-file" in vedette(tmp_path, "agent", "enrol", *given).stderr
    assert (
        "does not answer" in vedette(tmp_path, "agent", "enrol", "--url", "http://127.0.0.1:9", "--token", "x").stderr
    )
    assert not (tmp_path / "spool" / "agent.identity.json").exists()


def test_the_commands_of_the_fleet_do_what_they_say(gateway: Gateway, tmp_path: Path) -> None:
    access = {"VEDETTE_URL": gateway.url, "VEDETTE_TOKEN": gateway.ours.tokens["admin"]}

    def run(*arguments: str) -> str:
        done = vedette(tmp_path, *arguments, COLUMNS="200", **access)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "role web" in run("role", "set", "web", "--priority", "5", "--interval", "10", "--off", "cpu")
    token = run("agent", "token", "--role", "web", "--uses", "2", "--ttl", "600").strip()
    assert token.startswith("vde_")
    assert "web" in run("agent", "tokens")
    gateway_url = {"VEDETTE_URL": gateway.url, "VEDETTE_SOURCE": "a"}
    assert vedette(tmp_path, "agent", "enrol", "--token", token, **gateway_url).returncode == 0
    assert '"roles": [\n    "web"' in run("host", "show", "a")
    assert '"interval_s": 10.0' in run("role", "show", "web")
    assert run("host", "roles", "a") == "a: no roles\n"
    assert run("host", "roles", "a", "web") == "a: web\n"
    run("host", "remove", "a")
    [made] = gateway.call("GET", "/v1/agents/enrolment-tokens").json()["tokens"]
    run("agent", "revoke", str(made["id"]))
    run("role", "remove", "web")
    assert "web" not in run("role", "list")
