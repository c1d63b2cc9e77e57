"""MongoDB, whose server cannot be installed here: its protocol spoken by a server of this test, with recorded answers.

They have the shape and the values of published recordings of MongoDB 6; the log-in is made by RFC 5802 and 7677.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import struct
import threading
from base64 import b64decode, b64encode
from typing import Any

import pytest

from agent.plugins.native.mongodb import MongodbPlugin
from tests.integration.plugins.test_files_and_processes import good
from tests.integration.plugins.test_more_servers import declared, names
from tests.integration.plugins.test_recorded import recorded
from vedette_plugin import bson
from vedette_plugin.plugin import PluginError
from vedette_plugin.testing import run_once


class Mongo:
    """Answers commands as MongoDB does, after SCRAM-SHA-256 if `password` is set."""

    def __init__(self, password: str | None = None) -> None:
        self.password, self.answers, self.seen = password, recorded("mongodb.json"), list[str]()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self._bare = self._challenge = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as said:
                knows = self.password is None
                while len(head := said.read(16)) == 16:
                    length, number, _, _ = struct.unpack("<iiii", head)
                    command = bson.decode(said.read(length - 16)[5:])
                    name = next(iter(command))
                    self.seen.append(f"{command['$db']}.{name}")
                    if name.startswith("sasl"):
                        answer = self._scram(name, command["payload"])
                        knows = bool(answer.get("done"))
                    elif knows:
                        answer = self.answers[name]
                    else:
                        answer = {"ok": 0.0, "errmsg": f"command {name} requires authentication", "code": 13}
                    body = b"\0\0\0\0\0" + encoded(answer)
                    connection.sendall(struct.pack("<iiii", len(body) + 16, 7, number, 2013) + body)

    def _scram(self, name: str, payload: bytes) -> dict[str, Any]:
        salt, rounds = b"0123456789abcdef", 4096
        if name == "saslStart":
            self._bare = payload[3:]
            self._challenge = b"r=%b,s=%b,i=%d" % (self._bare.partition(b"r=")[2] + b"MORE", b64encode(salt), rounds)
            return {"conversationId": 1, "done": False, "payload": self._challenge, "ok": 1.0}
        if not payload:
            return {"conversationId": 1, "done": True, "payload": b"", "ok": 1.0}
        bare, _, proof = payload.partition(b",p=")
        salted = hashlib.pbkdf2_hmac("sha256", (self.password or "").encode(), salt, rounds)
        key = hmac.digest(salted, b"Client Key", "sha256")
        whole = self._bare + b"," + self._challenge + b"," + bare
        signature = hmac.digest(hashlib.sha256(key).digest(), whole, "sha256")
        given = bytes(a ^ b for a, b in zip(b64decode(proof), signature, strict=True))
        if given != key:
            return {"ok": 0.0, "errmsg": "Authentication failed.", "code": 18}
        server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), whole, "sha256")
        return {"conversationId": 1, "done": False, "payload": b"v=" + b64encode(server), "ok": 1.0}


def encoded(value: Any) -> bytes:
    """BSON with what the client never sends: 64 bits, times, lists, null."""
    if isinstance(value, list):
        value = {str(number): one for number, one in enumerate(value)}
    body = b""
    for key, one in value.items():
        name = key.encode() + b"\0"
        if one is None:
            body += b"\x0a" + name
        elif isinstance(one, list | dict):
            body += (b"\x04" if isinstance(one, list) else b"\x03") + name + encoded(one)
        elif isinstance(one, int) and not isinstance(one, bool):
            body += (b"\x09" if key.endswith("Date") else b"\x12") + name + struct.pack("<q", one)
        else:
            body += bson.encode({key: one})[4:-1]
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def test_mongodb_tells_its_operations_and_its_members() -> None:
    server = Mongo("pencil")
    server.answers["replSetGetStatus"]["members"][1]["optimeDate"] -= 4500
    options = {"address": server.address, "user": "vedette", "password": "pencil"}
    found = good(run_once(MongodbPlugin, options))
    refused = run_once(MongodbPlugin, {**options, "password": "wrong"})
    nobody = run_once(MongodbPlugin, {"address": server.address})
    server.listening.close()
    assert names(MongodbPlugin, found) == declared(MongodbPlugin)
    assert found['mongodb.operations{kind="getmore"}'] == 58_604
    assert found['mongodb.documents{done="returned"}'] == 19_422
    assert (found["mongodb.connections"], found["mongodb.memory_bytes"]) == (47, 195 << 20)
    assert found["mongodb.connections_ratio"] == pytest.approx(47 / 838_860)
    assert found["mongodb.cache_dirty_ratio"] == pytest.approx(4_231_259 / 7_854_882_816)
    assert found["mongodb.is_primary"] == 1
    assert found['mongodb.member_lag_s{member="mongodb-secondary:27017"}'] == 4.5
    assert refused.failure is not None
    assert "Authentication failed." in refused.failure.subject
    assert nobody.failure is not None
    assert "requires authentication" in nobody.failure.subject
    assert server.seen[:3] == ["admin.saslStart", "admin.saslContinue", "admin.saslContinue"]


@pytest.mark.parametrize(
    "data", [b"", b"\x05\0\0\0", b"\x0c\0\0\0\x10a\0\1\0\0", b"\x09\0\0\0\x55a\0\0\0", b"\xff" * 40]
)
def test_what_is_no_bson_is_refused(data: bytes) -> None:
    with pytest.raises(PluginError, match="no BSON"):
        bson.decode(data)
