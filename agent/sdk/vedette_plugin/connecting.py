"""Connecting: a socket to a server, however its address is written."""

import socket

from vedette_plugin.plugin import PluginError


def connect(address: str, *, timeout_s: float, tls: bool = False, verify: bool = True) -> socket.socket:
    """A connected socket to `host:port`, `[::1]:port` or `/path/of/a.socket`; `timeout_s` holds for each step on it.

    Raises `PluginError` that names the address and what went wrong.
    """
    try:
        connection = _open(address, timeout_s)
        return wrapped(connection, address, verify=verify) if tls else connection
    except OSError as error:
        raise PluginError(f"cannot connect to {address}: {error.strerror or error}") from error


def split_address(address: str, default_port: int = 0) -> tuple[str, int]:
    """Host and port of `host:port` or `[v6]:port`; without a port the default. `PluginError` if it is neither."""
    host, colon, port = address.rpartition(":")
    if default_port and address and (not colon or (host.count(":") and not host.endswith("]"))):
        return address.strip("[]"), default_port
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise PluginError(f"address {address!r} is not allowed; allowed: host:port, [v6]:port, or the path of a socket")
    return host.strip("[]"), int(port)


def _open(address: str, timeout_s: float) -> socket.socket:
    if not address.startswith("/"):
        return socket.create_connection(split_address(address), timeout_s)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(timeout_s)
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def wrapped(connection: socket.socket, address: str, *, verify: bool) -> socket.socket:
    """TLS over a connection to `address`; on failure the connection is closed."""
    import ssl

    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(connection, server_hostname=split_address(address)[0])
    except BaseException:
        connection.close()
        raise
