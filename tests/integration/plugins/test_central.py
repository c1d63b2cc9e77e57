"""Code from the gateway runs only with the account's signature; commands are code too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.plugins.outcome import Outcome
from tests.integration.plugins.house import BEGINNING, Bench, in_house
from vedette.events.plugins import PluginCode
from vedette.events.signing import digest, make_key, read_key, sign

SOURCE = BEGINNING + "        self.report('x', 1)\n        self.report('ran', 1)\n"


@pytest.fixture
def keys() -> tuple[Any, str]:
    pem, public = make_key()
    return read_key(pem, "--key"), public


def run(folder: Path, key: str | None, **fields: Any) -> tuple[Outcome, Bench]:
    async def use(bench: Bench) -> tuple[Outcome, Bench]:
        instance = bench.instance(None, "one", central=True, **fields)
        outcome = await instance.run()
        assert instance.state.state == outcome.state
        return outcome, bench

    return in_house(folder, use, key)


def test_signed_code_runs(tmp_path: Path, keys: tuple[Any, str]) -> None:
    outcome, _ = run(tmp_path, keys[1], plugin="shop", code=sign(keys[0], "shop", SOURCE))
    assert outcome.state == "ok", outcome.error
    assert outcome.values['shop.ran{instance="one"}'] == 1.0


def test_anything_else_is_refused_and_never_runs(tmp_path: Path, keys: tuple[Any, str]) -> None:
    good = sign(keys[0], "shop", SOURCE)
    altered = SOURCE + "\nopen('/tmp/never', 'w')\n"
    stranger = read_key(make_key()[0], "--key")
    for key, plugin, code in (
        (None, "shop", good),
        (make_key()[1], "shop", good),
        (keys[1], "other", good),
        (keys[1], "shop", msgspec.structs.replace(good, source=altered)),
        (keys[1], "shop", PluginCode(altered, digest(altered.encode()), good.signature)),
        (keys[1], "shop", sign(stranger, "shop", SOURCE)),
        (keys[1], "shop", msgspec.structs.replace(good, signature="AAAA")),
    ):
        outcome, bench = run(tmp_path, key, plugin=plugin, code=code)
        assert outcome.state == "refused", (plugin, key)
        assert "signed" in (outcome.error or "") or "no key" in (outcome.error or "")
        assert outcome.values == {}
        [(group, _)] = bench.delivered
        assert group.values['plugin.up{plugin="one"}'] == 0.0


def test_a_plugin_that_is_not_native_needs_code(tmp_path: Path, keys: tuple[Any, str]) -> None:
    (tmp_path / "plugins.d").mkdir()
    (tmp_path / "plugins.d" / "shop.py").write_text(SOURCE)
    outcome, _ = run(tmp_path, keys[1], plugin="shop")
    assert outcome.state == "refused", "what lies in the host's folder is the host's to assign"
    assert "without signed code" in (outcome.error or "")


def test_a_native_plugin_needs_no_signature(tmp_path: Path) -> None:
    outcome, _ = run(tmp_path, None, plugin="redis", options={"address": "127.0.0.1:1"})
    assert outcome.state == "failing"
    assert "cannot connect" in (outcome.error or "")


@pytest.mark.parametrize("kind", ["nagios", "json"])
def test_a_command_must_be_signed(tmp_path: Path, keys: tuple[Any, str], kind: str) -> None:
    command = "echo '{}'"
    outcome, _ = run(tmp_path, keys[1], plugin="shop", kind=kind, options={"command": command})
    assert outcome.state == "refused"
    assert "a command must be signed" in (outcome.error or "")
    signed, _ = run(tmp_path, keys[1], plugin="shop", kind=kind, code=sign(keys[0], "shop", command))
    assert signed.state == "ok", signed.error


def test_options_from_the_gateway_reach_no_file_but_the_host_s_secrets(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "pw").write_text("hunter2")
    reached, _ = run(
        tmp_path,
        None,
        plugin="redis",
        options={"address": "127.0.0.1:1", "password": f"${{file:{tmp_path}/secrets/pw}}"},
    )
    assert "cannot connect" in (reached.error or "")
    refused, _ = run(tmp_path, None, plugin="json", kind="json", options={"url": "http://x/${file:/etc/passwd}"})
    assert refused.state == "failing"
    assert "came from the gateway" in (refused.error or "")


def test_local_code_that_others_may_write_is_refused(tmp_path: Path) -> None:
    async def use(bench: Bench) -> list[str]:
        bench.write("shop", "self.report('x', 1)").chmod(0o666)
        loose = await bench.instance(None, "shop").run()
        bench.write("shop", "self.report('x', 1)")
        bench.folder.chmod(0o777)
        open_folder = await bench.instance(None, "shop").run()
        bench.folder.chmod(0o755)
        return [loose.state, open_folder.state, (await bench.instance(None, "shop").run()).state]

    assert in_house(tmp_path, use) == ["refused", "refused", "ok"]


def test_a_local_spec_cannot_bring_code(tmp_path: Path, keys: tuple[Any, str]) -> None:
    async def use(bench: Bench) -> Outcome:
        return await bench.instance(None, "one", plugin="shop", code=sign(keys[0], "shop", SOURCE)).run()

    assert in_house(tmp_path, use, keys[1]).state == "refused"


def test_a_plugin_that_does_not_exist_is_refused_with_where_it_was_looked_for(tmp_path: Path) -> None:
    async def use(bench: Bench) -> Outcome:
        return await bench.instance(None, "nothing").run()

    outcome = in_house(tmp_path, use)
    assert outcome.state == "refused"
    assert "nothing.py does not exist" in (outcome.error or "")
