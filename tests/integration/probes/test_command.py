"""The command `vedette probe`: a single round from the command line."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.integration.probes.endpoint import answers, closed_port, endpoint
from tests.integration.probes.gateway import gateway_with
from tests.patience import PATIENCE_S


async def probe(url: str, folder: Path, *options: str) -> tuple[int, str, str]:
    """Exit code and output of `vedette probe` with these options."""
    variables = {"VEDETTE_TOKEN": "vdt_test", "VEDETTE_LOCATION": "eu"}
    variables |= {"VEDETTE_REFERENCES": "", "VEDETTE_ALLOW_PRIVATE": "true"}
    command = [sys.executable, "-W", "error", "-m", "launch.main", "probe", "--url", url, *options]
    environment = {**os.environ, **variables, "PYTHONPATH": str(Path.cwd()), "VEDETTE_SPOOL": str(folder / "spool")}
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def test_a_single_round_delivers_says_so_and_ends(tmp_path: Path) -> None:
    async def script() -> None:
        async with endpoint(answers()) as port:
            monitors = [
                {"id": n, "name": "m", "url": f"http://127.0.0.1:{port}/", "timeout_s": 5} for n in range(1, 11)
            ]
            async with gateway_with(*monitors) as gateway:
                url = f"http://127.0.0.1:{gateway.port}"
                halves = [await probe(url, tmp_path, "--once", "--shard", f"{n}/2") for n in (1, 2)]
        assert [code for code, *_ in halves] == [0, 0]
        assert sum(int(out.splitlines()[-1].split()[0]) for _, out, _ in halves) == 10
        assert sorted(r["monitor"] for r in gateway.results) == list(range(1, 11))
        assert {r["outcome"] for r in gateway.results} == {"up"}

    asyncio.run(script())


def test_a_round_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    code, _, err = asyncio.run(probe(f"http://127.0.0.1:{closed_port()}", tmp_path, "--once"))
    assert code == 1
    assert "gives no monitors" in err


def test_a_shard_that_is_none_is_refused_with_its_variable(tmp_path: Path) -> None:
    code, _, err = asyncio.run(probe("http://127.0.0.1:1", tmp_path, "--shard", "6/5"))
    assert code == 1
    assert "VEDETTE_SHARD" in err
