"""BoringSSL under checks, where that is asked for: a full handshake costs half of what OpenSSL 3.0 needs.

The layer (`utls`) is a drop-in for Python's `ssl` and can imitate browsers; that is never used here: a check's
handshake is BoringSSL's own, and its user agent Vedette's.
"""

from __future__ import annotations

import utls

GROUPS = "X25519:P-256:P-384"
"""Key agreements that are offered, the first one's share at once. A post-quantum share would cost as much again."""


class BoringContext(utls.SSLContext):
    """A client's context; `memory` is what its sessions read from and write to."""

    memory = utls.MemoryBIO


def boring_context() -> BoringContext:
    """A new context that verifies, and that trusts nobody yet."""
    context = BoringContext(utls.PROTOCOL_TLS_CLIENT)
    context.set_ecdh_curve(GROUPS)
    return context
