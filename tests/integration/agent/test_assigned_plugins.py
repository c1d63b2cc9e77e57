"""Signed code, the whole way: published at the gateway, assigned by a role, run on an enrolled host, in the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.installation import eventually
from tests.integration.agent.test_fleet import agent, enrol, reports
from tests.integration.gateway.hosts import host
from tests.integration.gateway.server import Gateway, Tail
from tests.integration.plugins.house import BEGINNING
from vedette.clock import SystemClock
from vedette.events.plugins import PluginCode
from vedette.events.signing import make_key, read_key, sign
from vedette.events.topics import SAMPLES
from vedette.store import plugins

ASSIGNED = {"name": "till", "plugin": "shop", "interval_s": 1}


@pytest.fixture
def gateway(dsn: str, tmp_path: Path) -> Iterator[Gateway]:
    running = Gateway(dsn, tmp_path / "gateway")
    running.context.clock = SystemClock()
    with running:
        yield running


def source(value: int, mark: Path | None = None) -> str:
    """Code that reports a value, and leaves a mark that it ran."""
    leave = "" if mark is None else f"        open({str(mark)!r}, 'w').close()\n"
    return f"{BEGINNING}{leave}        self.report('queue', {value})\n"


def values(tail: Tail) -> set[float]:
    name = 'shop.queue{instance="till"}'
    found: set[float] = set()
    for batch in reports(tail):
        if name in batch.names():
            found.add(batch.floats()[batch.names().index(name)])
    return found


def state(gateway: Gateway) -> dict[str, Any]:
    """What the host says of its only plugin; nothing if it has none."""
    told = host(gateway, "web-1")["agent"]["plugins"]
    return dict(told[0]) if told else {}


def enrolled(gateway: Gateway, folder: Path, public: str) -> None:
    assert gateway.call("PUT", "/v1/account/plugin-key", json={"public_key": public}).status_code == 200
    assert gateway.call("PUT", "/v1/roles/web", json={"plugins": [ASSIGNED]}).status_code == 200
    done = enrol(gateway, folder, "web-1", roles=["web"])
    assert done.returncode == 0, done.stderr


def test_signed_code_of_a_role_runs_changes_and_ends_without_a_restart(gateway: Gateway, tmp_path: Path) -> None:
    pem, public = make_key()
    key = read_key(pem, "key")
    enrolled(gateway, tmp_path, public)
    tail = Tail(gateway.log, SAMPLES.name)
    with agent(tmp_path) as process:
        process.says("control_followed")
        for value in (7, 8):
            body = msgspec.to_builtins(sign(key, "shop", source(value)))
            assert gateway.call("PUT", "/v1/plugins/shop", json=body).status_code == 200
            eventually(f"{value} is in the log", lambda value=value: value in values(tail))
        shown = host(gateway, "web-1")
        assert shown["config"]["plugins"][0]["code"] == {"sha256": body["sha256"]}
        assert gateway.call("DELETE", "/v1/plugins/shop").status_code == 204
        process.says("without signed code")
        assert gateway.call("PUT", "/v1/roles/web", json={}).status_code == 200
        eventually("it has the role without it", lambda: host(gateway, "web-1")["agent"]["config_version"] == host(
            gateway, "web-1")["config_version"])  # fmt: skip
        process.process.terminate()
        assert process.ended() == 0
    everything = reports(tail)
    assert len({batch.epoch for batch in everything}) == 1, "it was never started anew"
    assert sorted({batch.seq for batch in everything}) == list(range(1, len(everything) + 1))
    assert values(tail) == {7.0, 8.0}


def test_the_same_code_with_a_wrong_signature_is_refused_and_never_runs(gateway: Gateway, tmp_path: Path) -> None:
    pem, public = make_key()
    mark = tmp_path / "ran"
    enrolled(gateway, tmp_path, public)
    good = sign(read_key(pem, "key"), "shop", source(7, mark))
    wrong = PluginCode(good.source, good.sha256, sign(read_key(make_key()[0], "key"), "shop", good.source).signature)
    assert gateway.call("PUT", "/v1/plugins/shop", json=msgspec.to_builtins(wrong)).status_code == 422
    plugins.put(gateway.store, gateway.ours.account, "shop", wrong, "")  # as who holds the gateway could
    tail = Tail(gateway.log, SAMPLES.name)
    with agent(tmp_path) as process:
        process.says("control_followed", "plugin_state")
        gateway.call("PUT", "/v1/sources/web-1/config", json={"interval_s": 3600})  # it checks in, and says how it is
        eventually("the host says it", lambda: state(gateway).get("state") == "refused")
        assert "signed" in state(gateway)["error"]
        assert values(tail) == set()
        assert not mark.exists()
        assert gateway.call("PUT", "/v1/plugins/shop", json=msgspec.to_builtins(good)).status_code == 200
        eventually("with its own signature it runs", lambda: values(tail) == {7.0})
    assert mark.exists()


def test_a_host_trusts_another_key_only_after_it_is_enrolled_anew(gateway: Gateway, tmp_path: Path) -> None:
    enrolled(gateway, tmp_path, make_key()[1])
    pem, public = make_key()
    assert gateway.call("PUT", "/v1/account/plugin-key", json={"public_key": public}).status_code == 200
    body = msgspec.to_builtins(sign(read_key(pem, "key"), "shop", source(7)))
    assert gateway.call("PUT", "/v1/plugins/shop", json=body).status_code == 200
    tail = Tail(gateway.log, SAMPLES.name)
    with agent(tmp_path) as process:
        process.says("plugin_state", "refused")
        assert values(tail) == set()
        assert enrol(gateway, tmp_path, "web-1", roles=["web"]).returncode == 0
        gateway.call("PUT", "/v1/sources/web-1/config", json={"interval_s": 3600})  # it checks in, and is refused
        process.says("token_renewed")
        eventually("it runs", lambda: values(tail) == {7.0})
