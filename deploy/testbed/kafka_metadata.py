"""Which brokers a Kafka node knows: one Metadata request over one socket that is surely closed.

Clients keep trying, and leave sockets behind, while a node is still starting; this asks once.
Protocol: https://kafka.apache.org/protocol#The_Messages_Metadata (version 1).
"""

from __future__ import annotations

import socket
import struct

_METADATA, _VERSION = 3, 1
_CLIENT = b"testbed"
_TIMEOUT_S = 3.0


def broker_ports(port: int) -> set[int]:
    """The ports of all brokers that the node at loopback's `port` knows; raises `OSError` if it does not answer."""
    request = struct.pack(">hhih", _METADATA, _VERSION, 1, len(_CLIENT)) + _CLIENT
    request += struct.pack(">i", 0)  # of no topic, only the brokers
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_S) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _read(connection, 4))
        return _ports(_read(connection, size))


def _ports(answer: bytes) -> set[int]:
    _, brokers = struct.unpack_from(">ii", answer)
    place = 8
    found = set()
    for _ in range(brokers):
        (host,) = struct.unpack_from(">h", answer, place + 4)
        place += 6 + host
        port, rack = struct.unpack_from(">ih", answer, place)
        place += 6 + max(0, rack)
        found.add(port)
    return found


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("the node closed the connection")
        data += part
    return data
