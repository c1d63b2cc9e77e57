"""The worked example, as its README has it: a model is registered, served and asked; another unit becomes an alert."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.visits.people import FEATURES
from examples.visits.register import MODEL, register
from examples.visits.traffic import COLUMN, EACH, MINUTE_MS, drifted, quiet, send, this_minute
from tests.e2e.installation import Installation, eventually, free_port
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
WATCHED = {*FEATURES, "prediction"}


@pytest.fixture
def service(installation: Installation, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "client")]),
        "VEDETTE_URL": installation.url,
        "VEDETTE_TOKEN": installation.token(),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "examples.visits.service:create_app", "--port", str(port)]
    with (tmp_path / "printed.txt").open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        eventually("the service answers", lambda: httpx.get(f"{url}/docs").status_code == 200)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def test_the_worked_example_is_quiet_until_a_unit_changes(installation: Installation, service: str) -> None:
    model = register(installation.url, installation.token())
    begin = this_minute()

    def windows(minutes: range) -> dict[int, dict[str, Any]]:
        """Of each of these minutes, the window of each feature, once all have come."""
        span = f"from={begin - 10 * MINUTE_MS}&to={begin + 10 * MINUTE_MS}"
        found: dict[int, dict[str, Any]] = {minute: {} for minute in minutes}
        for row in installation.call("GET", f"/v1/models/{model}/drift?{span}")["windows"]:
            found.setdefault((row["start_ms"] - begin) // MINUTE_MS, {})[row["feature"]] = row
        return found if all(found[minute].keys() == WATCHED for minute in minutes) else {}

    def alerts() -> list[dict[str, Any]]:
        listed = installation.call("GET", "/v1/alerts")["alerts"]
        return [alert for alert in listed if alert["subject"].startswith(f"model:{model}@")]

    try:
        send(service, quiet(begin))
        before = eventually("two quiet minutes are over", lambda: windows(range(-1, 1)))
        assert {row["state"] for window in before.values() for row in window.values()} == {"ok"}
        assert {row["verdict"]["window"] for window in before.values() for row in window.values()} == {EACH}
        assert alerts() == []

        send(service, drifted(begin))
        found = eventually("the drifted minute is over", lambda: windows(range(-1, 4)))
        quiet_states = {row["state"] for minute in range(-1, 3) for row in found[minute].values()}
        assert quiet_states == {"ok"}
        wrong = {name for name, row in found[3].items() if row["state"] == "drift"}
        assert wrong in ({COLUMN}, {COLUMN, "prediction"})  # the model's answers follow the column, more or less
        fired = eventually("an alert fires", lambda: [one for one in alerts() if one["subject"].endswith(f"/{COLUMN}")])
        assert [one["state"] for one in fired] == ["firing"]
        assert fired[0]["title"].startswith(f"{COLUMN} of {MODEL} has drifted")
        assert {one["subject"].rpartition("/")[2] for one in alerts()} <= wrong
    finally:
        for rule in installation.call("GET", "/v1/rules")["rules"]:
            if rule["name"] == f"{MODEL} drifts":
                installation.call("DELETE", f"/v1/rules/{rule['id']}")
        installation.call("DELETE", f"/v1/models/{model}")
