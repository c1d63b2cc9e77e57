"""RabbitMQ with its management plugin, against the real server."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from agent.plugins.native.rabbitmq import RabbitmqPlugin
from tests.integration.plugins.clusters import listens, short_folder
from tests.integration.plugins.servers import free_port, installed, wait_until
from tests.integration.plugins.test_files_and_processes import good
from tests.integration.plugins.test_more_servers import declared, names, running
from vedette_plugin.http import fetch
from vedette_plugin.testing import run_once


@contextmanager
def rabbitmq(folder: Path) -> Iterator[str]:
    """A RabbitMQ with its management plugin, and an Erlang port mapper of its own."""
    server = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    if not Path(server).exists():
        installed("rabbitmq-server", "rabbitmq-server")
    amqp, page, mapper, between = (free_port() for _ in range(4))
    (folder / "plugins").write_text("[rabbitmq_management].\n")
    (folder / "rabbit.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{amqp}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {page}\n"
        "collect_statistics_interval = 200\nmanagement.rates_mode = basic\n"
    )
    env = {
        "PATH": "/usr/bin:/bin:/usr/sbin",
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"vdt{amqp}@localhost",
        "RABBITMQ_BASE": str(folder),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbit.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        "RABBITMQ_DIST_PORT": str(between),
        "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    with (
        running("epmd", "-port", str(mapper), "-address", "127.0.0.1", port=mapper),
        subprocess.Popen(
            [server], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
        ) as run,
    ):
        try:
            wait_until(partial(listens, page), run)
            yield f"http://127.0.0.1:{page}"
        finally:
            os.killpg(run.pid, signal.SIGKILL)


def test_rabbitmq_tells_its_queues_and_nodes() -> None:
    with short_folder() as folder, rabbitmq(folder) as url:
        options = {"url": url}

        def call(method: str, path: str, body: bytes) -> None:
            fetch(f"{url}/api/{path}", timeout_s=20, method=method, body=body, user="guest", password="guest")

        wait_until(lambda: run_once(RabbitmqPlugin, options).failure is None)
        call("PUT", "queues/%2F/mail", b'{"durable": false}')
        message = b'{"properties": {}, "routing_key": "%b", "payload": "x", "payload_encoding": "string"}'

        def publish() -> None:
            for key in (b"mail", b"nobody"):
                call("POST", "exchanges/%2F/amq.default/publish", message % key)

        def flows() -> bool:
            publish()
            call("POST", "queues/%2F/mail/get", b'{"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}')
            names = ("published", "delivered", "unroutable")
            return all((_seen(options, f"rabbitmq.{name}") or 0) > 0 for name in names)

        wait_until(flows)
        for _ in range(2):
            publish()
        wait_until(lambda: _seen(options, 'rabbitmq.queue_ready{queue="mail",vhost="/"}') == 2)
        wait_until(lambda: _seen(options, "rabbitmq.ready") == 2)
        found = good(run_once(RabbitmqPlugin, options))
        refused = run_once(RabbitmqPlugin, {**options, "password": "wrong"})
    assert names(RabbitmqPlugin, found) == declared(RabbitmqPlugin)
    assert (found["rabbitmq.queues"], found["rabbitmq.consumers"]) == (1, 0)
    [node] = [name.partition('"')[2].partition('"')[0] for name in found if "node_running" in name]
    assert found[f'rabbitmq.node_running{{node="{node}"}}'] == 1
    assert found[f'rabbitmq.node_alarms{{node="{node}"}}'] == found[f'rabbitmq.node_partitions{{node="{node}"}}'] == 0
    assert 0 < found[f'rabbitmq.node_memory_ratio{{node="{node}"}}'] < 1
    assert refused.failure is not None
    assert "401" in refused.failure.subject


def _seen(options: dict[str, object], name: str) -> float | None:
    return run_once(RabbitmqPlugin, options).values.get(name)
