"""What children inherit: everything but what `vedette up` decides, and settings that are checked before a start."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from launch.commands import processes
from launch.main import app
from launch.up.environment import NOT_INHERITED, child_environment, in_environment
from launch.up.folder import DataFolder
from launch.up.plan import PROCESSES, Plan
from vedette.errors import ConfigurationError


def plan(folder: Path, host: str = "127.0.0.1", **fields: int) -> Plan:
    dsn = "postgresql://vedette:hidden@127.0.0.1/vedette"
    return Plan(DataFolder(folder), host, 8420, 5.0, dsn, **fields)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("VEDETTE_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("name", ["VEDETTE_TOKEN", "VEDETTE_ADMIN_PASSWORD_FILE", "VEDETTE_DSN", "VEDETTE_TRANSPORT"])
def test_what_up_decides_is_not_inherited(name: str) -> None:
    assert name in NOT_INHERITED
    assert child_environment({name: "x", "PATH": "/bin"}, {}) == {"PATH": "/bin"}


def test_other_settings_are_inherited_and_a_child_s_own_win() -> None:
    given = {"VEDETTE_LOG_LEVEL": "debug", "VEDETTE_POOL_SIZE": "9", "VEDETTE_DSN": "theirs"}
    own = {"VEDETTE_POOL_SIZE": "2", "VEDETTE_DSN": "ours"}
    assert child_environment(given, own) == {
        "VEDETTE_LOG_LEVEL": "debug",
        "VEDETTE_POOL_SIZE": "2",
        "VEDETTE_DSN": "ours",
    }


def test_an_environment_for_a_while_is_given_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE_X", "before")
    before = dict(os.environ)
    for error in (None, RuntimeError()):
        with suppress(RuntimeError), in_environment({"VEDETTE_Y": "y"}):
            assert dict(os.environ) == {"VEDETTE_Y": "y"}
            if error is not None:
                raise error
    assert dict(os.environ) == before


def test_each_process_gets_the_metrics_port_of_its_place(tmp_path: Path) -> None:
    found = plan(tmp_path, metrics_port=9000)
    ports = {spec.name: spec.env["VEDETTE_METRICS_PORT"] for spec in found.services() + found.senders()}
    assert list(ports) == list(PROCESSES)
    assert list(ports.values()) == [str(9001 + place) for place in range(len(PROCESSES))]


def test_without_a_metrics_port_no_process_gets_one(tmp_path: Path) -> None:
    found = plan(tmp_path)
    assert all("VEDETTE_METRICS_PORT" not in spec.env for spec in found.services() + found.senders())


@pytest.mark.parametrize(("given", "passed"), [(None, "true"), ("false", None)])
def test_the_probe_of_this_machine_may_look_at_its_neighbours_unless_the_environment_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, passed: str | None
) -> None:
    if given is not None:
        monkeypatch.setenv("VEDETTE_ALLOW_PRIVATE", given)
    found = plan(tmp_path)
    assert {spec.name: spec.env.get("VEDETTE_ALLOW_PRIVATE") for spec in found.senders()} == {
        "agent": None,
        "probe": passed,
    }
    assert all("VEDETTE_ALLOW_PRIVATE" not in spec.env for spec in found.services())


def test_good_settings_pass_before_any_token_is_made(tmp_path: Path) -> None:
    plan(tmp_path).check()


@pytest.mark.parametrize(
    ("name", "value"), [("VEDETTE_LOG_LEVEL", "verbose"), ("VEDETTE_EPOCH_S", "0"), ("VEDETTE_CONCURRENCY", "none")]
)
def test_a_setting_that_a_child_would_refuse_stops_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name}.*{value}"):
        plan(tmp_path).check()


def test_a_setting_that_no_child_gets_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE_TRANSPORT", "pigeon")
    monkeypatch.setenv("VEDETTE_TOKEN_FILE", "/nowhere")
    plan(tmp_path).check()


def test_a_metrics_port_beyond_the_last_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"VEDETTE_METRICS_PORT.*65536"):
        plan(tmp_path, metrics_port=65_530).check()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("::1", "http://[::1]:8420"),
        ("::", "http://[::1]:8420"),
        ("0.0.0.0", "http://127.0.0.1:8420"),
        ("vedette.example", "http://vedette.example:8420"),
    ],
)
def test_the_address_is_one_that_can_be_opened(tmp_path: Path, host: str, url: str) -> None:
    assert plan(tmp_path, host).url == url
    plan(tmp_path, host).check()


@pytest.mark.parametrize(("command", "room"), [("agent", "agent.main"), ("probe", "probes.main")])
def test_a_sender_s_metrics_port_is_left_to_the_sender(
    monkeypatch: pytest.MonkeyPatch, command: str, room: str
) -> None:
    served: list[int] = []
    started: list[int] = []
    monkeypatch.setattr(processes, "metrics", lambda: SimpleNamespace(serve=served.append))
    monkeypatch.setattr(processes, "configure_logs", lambda level, form: None)
    monkeypatch.setattr(f"{room}.main", lambda settings: started.append(settings.metrics_port))
    monkeypatch.setenv("VEDETTE_METRICS_PORT", "9001")
    monkeypatch.setattr("vedette.telemetry.configure_logs", lambda level, form: None)
    answer = CliRunner().invoke(app, [command])
    assert answer.exit_code == 0, answer.output
    assert (served, started) == ([], [9001])
