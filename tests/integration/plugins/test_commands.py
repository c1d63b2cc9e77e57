"""The commands of `vedette plugin`, as a person runs them."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from launch.main import app
from vedette.errors import InvalidInput
from vedette.events.plugins import PluginCode
from vedette.events.signing import verify

runner = CliRunner()


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A trial sets up the logs of its process, which here is that of the tests."""
    yield
    structlog.reset_defaults()


def call(*words: str) -> tuple[int, str]:
    result = runner.invoke(app, ["plugin", *words], env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_a_new_plugin_runs_as_it_is(tmp_path: Path) -> None:
    assert "is made" in call("new", "shop_queue", "--folder", str(tmp_path))[1]
    path = tmp_path / "shop_queue.py"
    code, printed = call("test", str(path), "--option", f"folder={tmp_path}")
    assert code == 0
    assert 'shop_queue.entries{instance="shop_queue"} = 1  (gauge, Entries)' in printed
    assert "remembered: looks = 1" in printed
    assert "ms of CPU" in printed
    with pytest.raises(InvalidInput, match="File exists"):
        call("new", "shop_queue", "--folder", str(tmp_path))


def test_a_trial_remembers_where_it_is_told_to(tmp_path: Path) -> None:
    call("new", "shop", "--folder", str(tmp_path))
    words = ("test", str(tmp_path / "shop.py"), "--memory", str(tmp_path / "memory"))
    assert "looks = 1" in call(*words)[1]
    assert "looks = 2" in call(*words)[1]


def test_a_trial_that_fails_says_why_and_hides_secrets(tmp_path: Path) -> None:
    call("new", "shop", "--folder", str(tmp_path))
    path = str(tmp_path / "shop.py")
    code, printed = call("test", path, "--option", "folder=/does/not/exist", "--option", "password=hunter2")
    assert code == 1
    assert "shop: failing: /does/not/exist is no folder" in printed
    assert "hunter2" not in printed
    assert "option nothing: not known; allowed: folder, password" in call("test", path, "--option", "nothing=1")[1]
    with pytest.raises(InvalidInput, match="--option"):
        call("test", path, "--option", "folder")


def test_a_toml_file_is_tried_as_the_agent_would_run_it(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('plugin = "check"\nkind = "nagios"\n[options]\ncommand = "echo OK"\n')
    code, printed = call("test", str(tmp_path / "one.toml"))
    assert code == 0
    assert 'check.state{instance="one"} = 0' in printed


def test_every_native_plugin_is_listed_with_its_rules() -> None:
    code, printed = call("list")
    assert code == 0
    assert "redis" in printed
    assert "nagios" in printed
    assert "Redis cannot save" in call("list", "--rules")[1]
    assert "for AUTH; empty: none (secret)" in call("list", "--name", "redis")[1]
    with pytest.raises(InvalidInput, match="--name"):
        call("list", "--name", "nothing")


def test_rules_are_shown_before_they_are_made() -> None:
    code, printed = call("rules", "redis", "--instance", "cache", "--dry-run")
    assert code == 0
    assert 'would make: Redis is nearly full (redis.used_ratio{instance="cache"})' in printed
    with pytest.raises(InvalidInput, match="PLUGIN"):
        call("rules", "nothing", "--dry-run")


def test_a_key_signs_what_hosts_can_verify(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    printed = call("keygen", "--output", str(key))[1]
    public = printed.partition("public key:")[2].strip()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    call("new", "shop", "--folder", str(tmp_path))
    signed = json.loads(call("sign", str(tmp_path / "shop.py"), "--key", str(key))[1])
    verify(public, "shop", PluginCode(**signed))
    with pytest.raises(InvalidInput):
        verify(public, "other", PluginCode(**signed))
    with pytest.raises(InvalidInput, match="File exists"):
        call("keygen", "--output", str(key))
    with pytest.raises(InvalidInput, match="--key"):
        call("sign", str(tmp_path / "shop.py"), "--key", str(tmp_path / "shop.py"))
