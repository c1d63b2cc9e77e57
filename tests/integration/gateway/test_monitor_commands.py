"""`vedette monitor`: the command line against a real gateway."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from launch.commands import monitor as commands
from launch.main import app
from tests.integration.gateway.server import Gateway
from vedette.errors import InvalidInput
from vedette.store import heartbeats
from vedette.store.heartbeats import PingRow

Run = Callable[..., Result]


@pytest.fixture
def run(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `vedette monitor …` as an administrator of our account."""
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["admin"])
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str, stdin: bytes | None = None) -> Any:
        return CliRunner().invoke(app, ["monitor", *words], input=stdin)

    return run


def names(gateway: Gateway) -> list[str]:
    return [one["name"] for one in gateway.get("/v1/monitors").json()["monitors"]]


def test_a_monitor_is_added_listed_and_removed(run: Run, fresh: Gateway) -> None:
    added = run("add", "http://127.0.0.1:9/", "--name", "[bold]shop[/]", "--interval", "10")
    assert added.exit_code == 0
    assert "[bold]shop[/]" in added.stdout
    listed = run("list")
    assert "[bold]shop[/]" in listed.stdout
    assert "NS [0.5]" in listed.stdout
    identity = fresh.get("/v1/monitors").json()["monitors"][0]["id"]
    assert run("remove", str(identity)).exit_code == 0
    assert names(fresh) == []


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_a_file_that_was_exported_is_private_and_imports_again(
    run: Run, fresh: Gateway, tmp_path: Path, suffix: str
) -> None:
    run("add", "http://a/", "--name", "shop")
    file = tmp_path / f"monitors.{suffix}"
    assert run("export", "--output", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = run("import", str(file))
    assert (again.exit_code, again.stdout) == (0, "0 created, 0 updated, 1 unchanged, 0 refused, 0 skipped\n")
    fresh.store.execute("DELETE FROM monitors")
    assert run("import", str(file)).stdout.startswith("create shop\n")
    assert names(fresh) == ["shop"]
    assert run("export", "--format", suffix).stdout_bytes == file.read_bytes()


def test_without_a_name_of_a_file_an_export_is_yaml_that_people_read(run: Run) -> None:
    run("add", "http://a/", "--name", "shop")
    assert run("export").stdout.startswith('monitors:\n  - name: "shop"\n    url: "http://a/"\n')


def test_a_refused_entry_is_told_and_ends_with_a_failure(run: Run, fresh: Gateway) -> None:
    body = json.dumps([{"name": "good", "url": "http://a/"}, {"name": "bad", "url": "http://a/", "interval_s": 0}])
    dry = run("import", "-", "--format", "json", "--dry-run", stdin=body.encode())
    assert dry.exit_code == 1
    assert dry.stdout.endswith("would be: 1 created, 0 updated, 0 unchanged, 1 refused, 0 skipped\n")
    assert names(fresh) == []
    real = run("import", "-", "--format", "json", stdin=body.encode())
    assert real.exit_code == 1
    assert "refused [1] bad: interval_s: 0 is not allowed; allowed: Input should be greater" in real.stdout
    assert names(fresh) == ["good"]


def test_files_of_other_tools_are_imported(run: Run, fresh: Gateway, tmp_path: Path) -> None:
    document = {"openapi": "3.1.0", "info": {"title": "API"}, "paths": {"/x": {"get": {}}, "/{y}": {"get": {}}}}
    (tmp_path / "api.json").write_text(json.dumps(document))
    found = run("import", str(tmp_path / "api.json"), "--format", "openapi", "--base", "https://a.example")
    assert (found.exit_code, "passed over paths./{y}: has parameters" in found.stdout) == (0, True)
    gatus = json.dumps({"endpoints": [{"name": "g", "url": "http://g/", "alerts": [{}]}]}).encode()
    assert "note: alerts" in run("import", "-", "--format", "gatus", stdin=gatus).stdout
    assert names(fresh) == ["API: GET /x", "g"]


def test_an_unknown_file_or_form_is_named(run: Run, tmp_path: Path) -> None:
    for words, field in (
        (("import", str(tmp_path / "fleet.txt")), "--format"),
        (("import", str(tmp_path / "fleet.csv")), "FILE"),
        (("export", "--output", str(tmp_path / "no" / "x.csv")), "--output"),
        (("test", "http://a/", "--header", "nothing"), "--header"),
    ):
        error = run(*words).exception
        assert isinstance(error, InvalidInput)
        assert error.field == field


def test_an_endpoint_is_tested_from_here(run: Run, fresh: Gateway) -> None:
    good = run("test", f"{fresh.url}/healthz")
    assert good.exit_code == 0
    assert good.stdout.startswith(f"{fresh.url}/healthz: up\n")
    assert [line.split()[0] for line in good.stdout.splitlines()[2:]] == [
        "connect", "ttfb", "transfer", "total", "status", "http", "bytes", "address",
    ]  # fmt: skip
    wrong = run("test", f"{fresh.url}/nowhere", "--header", "Accept: text/plain")
    assert (wrong.exit_code, ": down\n" in wrong.stdout, "404" in wrong.stdout) == (1, True, True)
    assert run("test", f"{fresh.url}/nowhere", "--expect", "4xx", "--method", "head", "--timeout", "1").exit_code == 0
    refused = run("test", "http://127.0.0.1:9/")
    assert (refused.exit_code, "connect_refused" in refused.stdout) == (1, True)


def test_a_heartbeat_is_added_and_shows_where_its_job_pings(
    run: Run, fresh: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands.console, "width", 200)
    added = run("add", "--kind", "heartbeat", "--name", "backup", "--cron", "30 2 * * *", "--zone", "Europe/Berlin")
    assert added.exit_code == 0, added.output
    url = added.stdout.splitlines()[1]
    assert url.startswith(f"{fresh.url}/v1/ping/")
    assert fresh.client.get(url).text == "OK"
    identity = str(fresh.get("/v1/monitors").json()["monitors"][0]["id"])
    assert run("ping-url", identity).stdout == url + "\n"
    assert "a ping at 30 2 * * * (Europe/Berlin)" in run("list").stdout
    assert " new " in run("list").stdout
    renewed = run("ping-url", identity, "--renew").stdout.strip()
    assert renewed != url
    row = PingRow(int(identity), 0, 1_700_000_000_000, "fail", 3, "run-1", 1500.0, "[red]disk\nfull", 14)
    heartbeats.write(fresh.store, [], [row])
    listed = run("pings", identity).stdout
    for word in ("2023-11-14 22:13:20", "fail (3)", "run-1", "1500", "[red]disk"):
        assert word in listed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--kind", "heartbeat", "--every", "60"], "--name"),
        (["--kind", "heartbeat", "--name", "x"], "every_s (seconds between pings) or cron"),
        (["http://a/", "--kind", "heartbeat", "--name", "x", "--every", "60"], "none with kind heartbeat"),
        (["--name", "x"], "URL"),
    ],
)
def test_a_heartbeat_that_makes_no_sense_is_refused(run: Run, fresh: Gateway, words: list[str], told: str) -> None:
    done = run("add", *words)
    assert done.exit_code != 0
    assert told in str(done.exception)
    assert names(fresh) == []


def test_a_heartbeat_that_was_exported_imports_again(run: Run, fresh: Gateway, tmp_path: Path) -> None:
    run("add", "--kind", "heartbeat", "--name", "backup", "--every", "172800")
    file = tmp_path / "monitors.json"
    run("export", "--output", str(file))
    again = run("import", str(file))
    assert again.stdout == "0 created, 0 updated, 1 unchanged, 0 refused, 0 skipped\n"
    file.write_text(json.dumps([{"name": "backup", "every_s": 60}]))
    assert run("import", str(file)).stdout.startswith("update backup (every_s, interval_s)\n")
