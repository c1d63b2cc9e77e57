"""OpenSSL: the engine that comes with Python, and whose word counts where two engines differ."""

from __future__ import annotations

import contextlib
import ssl

from probes.net.engine import Failure

_PIECE = 65_536


class OpenSsl:
    """See `probes.net.engine.Engine`. `context` says whom to trust and what to offer."""

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self.stands = False
        self.ended = False
        self.failure: Failure | None = None
        self._shake()

    @property
    def protocol(self) -> str | None:
        """What both agreed to speak (ALPN)."""
        return self._tls.selected_alpn_protocol()

    @property
    def version(self) -> str | None:
        """The version of TLS."""
        return self._tls.version()

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate as DER."""
        return self._tls.getpeercert(binary_form=True)

    def receive(self, data: bytes) -> bytes:
        """Take what the server sent; what it says."""
        self._incoming.write(data)
        if not self.stands:
            self._shake()
        return self._read() if self.stands else b""

    def send(self, data: bytes) -> None:
        """Say `data`."""
        self._tls.write(data)

    def close(self) -> None:
        """Say goodbye."""
        with contextlib.suppress(ssl.SSLError):  # the other side has not said goodbye yet
            self._tls.unwrap()

    def pending(self) -> bytes:
        """The bytes for the server."""
        return self._outgoing.read() if self._outgoing.pending else b""

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLCertVerificationError as error:
            self.failure = ("certificate", error.verify_message or str(error))
        except ssl.SSLError as error:
            self.failure = ("protocol", _reason(error))
        else:
            self.stands = True

    def _read(self) -> bytes:
        said = b""
        while not self.ended:
            try:
                piece = self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                piece = b""
            except ssl.SSLError as error:
                self.failure = ("protocol", _reason(error))
                break
            self.ended = not piece
            said = said + piece if said else piece
        return said


def _reason(error: ssl.SSLError) -> str:
    if error.reason:
        return error.reason.replace("_", " ").lower()
    return error.strerror or str(error)
