"""The README takes a newcomer from clone to first chart: its commands, run as they stand, in an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.installation import eventually, free_port
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
PORT = "8420"


def blocks() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def copy_of_the_repository(to: Path) -> None:
    """What a clone would hold, with what is not committed yet."""
    command = ["git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


class Newcomer:
    """Somebody in a fresh clone, on a machine where another port is free."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = str(free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        hidden = {"VIRTUAL_ENV", "PYTHONPATH"}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("VEDETTE_") and k not in hidden}
        # what Rust compiled of others' code already is not compiled again
        self.env = {**inherited, "VEDETTE_PORT": self.port, "CARGO_TARGET_DIR": str(ROOT / "native" / "target")}
        self.printed = folder.parent / "printed.txt"
        with self.printed.open("wb") as output:
            self.up = subprocess.Popen(["make", "up"], cwd=folder, env=self.env, stdout=output, stderr=output)

    def said(self, pattern: str) -> str | None:
        assert self.up.poll() is None, self.printed.read_text()
        match = re.search(pattern, self.printed.read_text())
        return match[1] if match else None

    def types(self, commands: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands.replace(PORT, self.port)],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def newcomer() -> Iterator[Newcomer]:
    with tempfile.TemporaryDirectory(prefix="vedette-readme-") as name:
        folder = Path(name) / "vedette"
        copy_of_the_repository(folder)
        found = Newcomer(folder)
        yield found
        found.up.send_signal(signal.SIGTERM)
        found.up.wait(PATIENCE_S)


def test_the_readme_names_the_two_commands() -> None:
    assert blocks()[:2] == ["make up\n", "make test\n"]


def test_make_up_prints_an_address_and_a_login_that_works(newcomer: Newcomer) -> None:
    address = lambda: newcomer.said(r"Vedette is up after .*: (http\S+)")  # noqa: E731
    url = eventually("the address is printed", address, 4 * PATIENCE_S)
    assert url == newcomer.url
    password = eventually("the password is printed", lambda: newcomer.said(r"with the password (\S+)"))
    login = httpx.post(f"{url}/v1/auth/login", json={"email": "admin@localhost", "password": password})
    assert login.status_code == 200
    headers = {"Authorization": f"Bearer {login.json()['access_token']}"}

    def chart() -> bool:
        params = {"series": "cpu.used_ratio", "from": "-5m"}
        series = httpx.get(f"{url}/v1/query", params=params, headers=headers).json()["series"]
        return bool(series) and any(value is not None for value in series[0]["values"])

    eventually("the first chart has points", chart)


def test_the_page_is_served_where_node_is_there(newcomer: Newcomer) -> None:
    page = httpx.get(newcomer.url)
    assert page.status_code == 200
    if shutil.which("npm") is not None:
        assert "<title>" in page.text
    else:
        assert "Node" in page.text


def test_the_other_commands_work_as_they_stand(newcomer: Newcomer) -> None:
    eventually("endpoints are checked", lambda: "Vedette page" in newcomer.types(".venv/bin/vedette monitor list"))
    for block in blocks()[2:]:
        newcomer.types(block)

    def known() -> bool:
        return "jobs.waiting" in newcomer.types(".venv/bin/vedette query jobs.waiting --from -5m --agg last")

    eventually("the number of one's own can be queried", known)
    assert "my service" in newcomer.types(".venv/bin/vedette monitor list")
