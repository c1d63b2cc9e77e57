"""The probe as a process: it ends when told, and comes back after kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.integration.probes.endpoint import answers, endpoint
from tests.integration.probes.gateway import Gateway, gateway_with

PROGRAM = "from probes.main import main; from vedette.settings import ProbeSettings; main(ProbeSettings.load())"


async def start(folder: Path, gateway: Gateway) -> asyncio.subprocess.Process:
    variables = {
        "VEDETTE_URL": f"http://127.0.0.1:{gateway.port}",
        "VEDETTE_TOKEN": "vdt_test",
        "VEDETTE_SPOOL": str(folder),
        "VEDETTE_LOCATION": "eu",
        "VEDETTE_REFERENCES": "",
        "VEDETTE_ALLOW_PRIVATE": "true",
    }
    # a session of its own, so that ending the test run from a terminal does not count as a stop
    return await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", PROGRAM, env=os.environ | variables, start_new_session=True
    )


def test_a_stop_signal_ends_the_probe_cleanly_and_kill_does_not_break_the_next_start(tmp_path: Path) -> None:
    async def script() -> None:
        async with endpoint(answers()) as port:
            one = {"id": 1, "name": "m", "url": f"http://127.0.0.1:{port}/", "interval_s": 1, "timeout_s": 1}
            async with gateway_with(one) as gateway:
                first = await start(tmp_path, gateway)
                await gateway.until(lambda: bool(gateway.slots("up")))
                first.kill()
                assert await first.wait() == -signal.SIGKILL
                before = len(gateway.slots("up"))
                second = await start(tmp_path, gateway)
                await gateway.until(lambda: len(gateway.slots("up")) > before)
                second.terminate()
                assert await asyncio.wait_for(second.wait(), 10) == 0

    asyncio.run(script())
