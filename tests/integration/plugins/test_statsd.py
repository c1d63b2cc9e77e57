"""The StatsD listener as a real process on a real socket."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from agent.plugins.instance import Instance
from agent.plugins.listening import Listener, bind
from tests.integration.plugins.house import Bench, in_house
from tests.integration.plugins.servers import free_port
from tests.integration.plugins.waiting import until
from vedette.clock import SystemClock


def listener(bench: Bench, port: int, **fields: object) -> Instance:
    options = {"address": f"127.0.0.1:{port}"}
    return bench.instance(None, "statsd", kind="statsd", options=options, **{"interval_s": 1.0, **fields})


def send(port: int, *packets: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for packet in packets:
            sender.sendto(packet, ("127.0.0.1", port))


def total(bench: Bench, metric: str) -> float:
    return sum(
        value for group, _ in bench.delivered for name, value in group.values.items() if name.startswith(f"{metric}{{")
    )


def test_every_packet_counts_once_across_runs(tmp_path: Path) -> None:
    """What arrives between two runs waits in the socket, so no count is lost and none is taken twice."""
    port = free_port()

    async def use(bench: Bench) -> None:
        running = asyncio.ensure_future(Listener(listener(bench, port), SystemClock()).run())
        await until(lambda: bound(port))
        for _ in range(300):
            send(port, b"api.hits:1|c|#env:prod\napi.hits:1|c|@0.5|#env:prod\n", b"bad line", b"load:5|g")
            await asyncio.sleep(0)
        await until(lambda: total(bench, "statsd.packets") >= 900)
        running.cancel()
        assert total(bench, "statsd.api.hits") == 900
        assert total(bench, "statsd.bad_lines") == 300
        assert total(bench, "statsd.lines") == 1200
        kinds = {name: kind for group, _ in bench.delivered for name, kind in group.kinds.items()}
        assert kinds['statsd.api.hits{env="prod",instance="statsd"}'] == "delta"
        assert bench.delivered[-1][0].values['statsd.load{instance="statsd"}'] == 5.0

    in_house(tmp_path, use)


def test_gauges_go_on_in_the_next_run_and_take_steps(tmp_path: Path) -> None:
    port = free_port()

    async def use(bench: Bench) -> None:
        instance = listener(bench, port)
        with bind(f"127.0.0.1:{port}") as sock:
            send(port, b"users:5|g")
            await instance.run((sock.fileno(),))
            send(port, b"users:+2|g")
            outcome = await instance.run((sock.fileno(),))
        assert outcome.values['statsd.users{instance="statsd"}'] == 7.0

    in_house(tmp_path, use)


def test_ever_new_names_are_bounded_and_told(tmp_path: Path) -> None:
    port = free_port()

    async def use(bench: Bench) -> None:
        instance = listener(bench, port, max_series=20)
        with bind(f"127.0.0.1:{port}") as sock:
            send(port, *(f"user.{n}:1|c".encode() for n in range(500)))
            outcome = await instance.run((sock.fileno(),))
        assert outcome.state == "ok"
        assert len(outcome.values) == 20
        assert "only 20 series" in (outcome.error or "")

    in_house(tmp_path, use)


def test_an_address_that_is_taken_is_told_in_the_state(tmp_path: Path) -> None:
    async def use(bench: Bench) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            instance = listener(bench, taken.getsockname()[1])
            running = asyncio.ensure_future(Listener(instance, SystemClock()).run())
            await until(lambda: instance.state.state == "failing")
            assert "Address already in use" in (instance.state.error or "")
            running.cancel()

    in_house(tmp_path, use)


def bound(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False
