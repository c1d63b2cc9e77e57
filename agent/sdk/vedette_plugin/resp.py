"""RESP: as much of the protocol of Redis as plugins need (version 2 of its specification)."""

from vedette_plugin.plugin import PluginError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import BinaryIO

MOST = 1 << 20
"""No answer is longer, in bytes; no list has more items."""
_DEEPEST = 4


class Client:
    """Asks over a connected socket, which stays its owner's; to be used with `with`."""

    def __init__(self, connection: "socket.socket") -> None:
        self._connection = connection
        self._answers: BinaryIO = connection.makefile("rb")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self._answers.close()

    def log_in(self, username: str, password: str, database: int = 0) -> None:
        """AUTH, if there is a password, and SELECT, if it is another database than the first."""
        if password:
            self.ask("AUTH", *filter(None, (username, password)))
        if database:
            self.ask("SELECT", str(database))

    def ask(self, *words: str) -> "object":
        """The answer to a command: text, number, list or None. `PluginError` with the words of one that refuses."""
        parts = [word.encode() for word in words]
        asked = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        self._connection.sendall(b"*%d\r\n" % len(parts) + asked)
        return self._read(words[0], 0)

    def _read(self, command: str, depth: int) -> "object":
        line = self._answers.readline(MOST).rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        text = rest.decode("utf-8", "replace")
        if kind == b"-":
            raise PluginError(f"Redis refuses {command}: {text}")
        if kind == b"+":
            return text
        number = int(rest) if rest.lstrip(b"-").isdigit() else None
        if kind == b":" and number is not None:
            return number
        if kind in {b"$", b"*"} and number is not None and number <= MOST and depth < _DEEPEST:
            if number < 0:
                return None
            if kind == b"$":
                return self._answers.read(number + 2)[:-2].decode("utf-8", "replace")
            return [self._read(command, depth + 1) for _ in range(number)]
        raise PluginError("this is not Redis", f"it answered {line[:80]!r}")
