"""The testbed's command line: `python -m deploy.testbed up`, `down`, `kill`, `start`, `env`, `list`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.testbed.bed import Bed, default_cache, default_folder
from deploy.testbed.server import TestbedError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    bed = Bed(options.folder, options.cache)
    try:
        _run(bed, options)
    except TestbedError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _run(bed: Bed, options: argparse.Namespace) -> None:
    match options.command:
        case "up":
            _show(bed.up(options.brokers, dict(options.port)))
        case "down":
            bed.down()
        case "env":
            _show(bed.environment())
        case "list":
            for name, runs in bed.running().items():
                sys.stdout.write(f"{name}\t{'runs' if runs else 'does not run'}\n")
        case "kill":
            bed.kill(options.server)
        case "start":
            bed.start(options.server)


def _show(environment: dict[str, str]) -> None:
    for name, value in environment.items():
        sys.stdout.write(f"export {name}={value}\n")


def _port(text: str) -> tuple[str, int]:
    name, _, port = text.partition("=")
    return name, int(port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="testbed", description="Kafka, TimescaleDB and S3 for tests, on loopback.")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="its data (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="what it runs from (default: %(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="bring up what does not run, and print the environment that tests read")
    up.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="how many Kafka brokers")
    up.add_argument("--port", type=_port, action="append", default=[], metavar="SERVER=PORT", help="a fixed port")
    commands.add_parser("down", help="end its processes and delete its data")
    commands.add_parser("env", help="print the environment again")
    commands.add_parser("list", help="print the servers, and whether they run")
    for name, does in (("kill", "SIGKILL one server; its data and port stay"), ("start", "start one server again")):
        commands.add_parser(name, help=does).add_argument("server")
    return parser


if __name__ == "__main__":
    sys.exit(main())
