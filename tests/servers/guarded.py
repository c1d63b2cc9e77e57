"""A Kafka that lets in only whom it knows: passwords, TLS and permissions, for tests of what is said without them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.testbed.bed import default_cache
from deploy.testbed.installing import Cache
from deploy.testbed.kafka_server import KafkaServer, Node
from deploy.testbed.server import free_ports

USER, PASSWORD, STRANGER = "vedette", "right-password-for-tests", "stranger"
_JAAS = "org.apache.kafka.common.security.plain.PlainLoginModule"


@dataclass(frozen=True)
class Guarded:
    """Addresses of one broker: `plain` wants nothing, `sasl` a password (PLAIN only), `tls` TLS, `both` both.

    `USER` may do everything, `STRANGER` (with the same password) nothing, who comes without a name may do everything.
    """

    plain: str
    sasl: str
    tls: str
    both: str
    ca: Path
    server: KafkaServer


class _GuardedServer(KafkaServer):
    def __init__(self, folder: Path, cache: Cache, node: Node, ports: dict[str, int], keys: Path) -> None:
        super().__init__("guarded", folder, cache, node, [node])
        self._ports, self._keys = ports, keys

    def _settings(self) -> dict[str, str | int]:
        kinds = {"sasl": "SASL_PLAINTEXT", "tls": "SSL", "both": "SASL_SSL"}
        found = super()._settings()
        more = ",".join(f"{kinds[name]}://127.0.0.1:{port}" for name, port in self._ports.items())
        users = f'user_{USER}="{PASSWORD}" user_{STRANGER}="{PASSWORD}"'
        jaas = {
            f"listener.name.{kinds[name].lower()}.plain.sasl.jaas.config": f"{_JAAS} required {users};"
            for name in ("sasl", "both")
        }
        return {
            **found,
            **jaas,
            "listeners": f"{found['listeners']},{more}",
            "advertised.listeners": f"{found['advertised.listeners']},{more}",
            "listener.security.protocol.map": ",".join(f"{kind}:{kind}" for kind in ("PLAINTEXT", *kinds.values()))
            + ",CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._keys),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:ANONYMOUS;User:{USER}",
        }


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1: as a file to trust, and together with its key as a broker reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    key, found = folder / "key.pem", folder / "ca.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(found)]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "keystore.pem"
    both.write_text(key.read_text() + found.read_text())
    return found, both


@pytest.fixture(scope="session")
def guarded_kafka(native_testbed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A broker of the session's own that asks for passwords, TLS and permissions."""
    folder = tmp_path_factory.mktemp("guarded")
    ca, keys = certificate(folder / "keys")
    port, controller, sasl, tls, both = free_ports(5)
    server = _GuardedServer(
        folder / "kafka",
        Cache(default_cache()),
        Node(1, port, controller),
        {"sasl": sasl, "tls": tls, "both": both},
        keys,
    )
    server.start()
    try:
        server.wait()
        yield Guarded(*(f"127.0.0.1:{number}" for number in (port, sasl, tls, both)), ca=ca, server=server)
    finally:
        server.kill()
