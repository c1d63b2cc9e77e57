"""Servers in containers, where a Docker daemon answers and can pull their images."""

from __future__ import annotations

import gc
import secrets
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

from tests.servers.buckets import answers

KAFKA = "apache/kafka:4.1.0"
TIMESCALE = "timescale/timescaledb:latest-pg17"
S3 = "versity/versitygw:v1.8.0"
_PULL_S = 60


class CannotStart(Exception):
    """The image cannot be pulled, or its server does not come up."""


@cache
def unavailable() -> str | None:
    """Why no container can be started, or None if a daemon answers."""
    with warnings.catch_warnings():
        # Where there is a socket and nobody behind it, the client drops its own without closing it.
        warnings.simplefilter("ignore", ResourceWarning)
        found = _ask()
        gc.collect()
    return found


def _ask() -> str | None:
    import docker  # type: ignore[import-untyped] # it ships no type information

    # With a version given it asks nobody while it is made: a client that fails there cannot be closed.
    client = docker.from_env(version="1.41", timeout=5)
    try:
        client.ping()
    except (docker.errors.DockerException, OSError) as error:
        return f"no Docker daemon answers ({type(error).__name__})"
    finally:
        client.close()
    return None


def _pull(image: str) -> None:
    import docker

    client = docker.from_env(timeout=_PULL_S)
    try:
        if not client.images.list(name=image):
            client.images.pull(image)
    except (docker.errors.DockerException, OSError) as error:
        raise CannotStart(f"{image} cannot be pulled: {error}") from error
    finally:
        client.close()


def _run(image: str, make: Callable[[], Any], running: ExitStack) -> Any:
    """Start one container, to be removed when `running` closes."""
    _pull(image)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # testcontainers deprecates parts of itself while it is imported and used
        from testcontainers.core.config import testcontainers_config

        testcontainers_config.ryuk_disabled = True  # one image less to pull; we remove our containers ourselves
        try:
            container = make()
            running.callback(container.stop)
            return container.start()
        except Exception as error:
            raise CannotStart(f"{image} does not come up: {error}") from error


def _kafka(running: ExitStack) -> list[str]:
    def make() -> Any:
        from testcontainers.kafka import KafkaContainer

        return KafkaContainer(KAFKA).with_kraft()

    return [_run(KAFKA, make, running).get_bootstrap_server()]


def _timescale(running: ExitStack) -> list[str]:
    def make() -> Any:
        from testcontainers.postgres import PostgresContainer

        return PostgresContainer(TIMESCALE, username="postgres", password=secrets.token_hex(16), dbname="postgres")

    return [_run(TIMESCALE, make, running).get_connection_url(driver=None)]


def _s3(running: ExitStack) -> list[str]:
    key, secret = secrets.token_hex(10), secrets.token_hex(20)

    def make() -> Any:
        from testcontainers.core.container import DockerContainer

        container = DockerContainer(S3).with_exposed_ports(7070)
        container = container.with_env("ROOT_ACCESS_KEY", key).with_env("ROOT_SECRET_KEY", secret)
        return container.with_command("posix /tmp")

    container = _run(S3, make, running)
    endpoint = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(7070)}"
    answers(endpoint, key, secret)
    return [endpoint, key, secret]


STARTERS: dict[str, Callable[[ExitStack], list[str]]] = {"kafka": _kafka, "timescale": _timescale, "s3": _s3}
"""Each kind of server, and what starts one and gives the values of its variables."""
