"""Headers of an HTTP/2 request: the pseudo-headers, then what HTTP/1.1 would say, names in lower case."""

from __future__ import annotations

from probes.http.redirects import Hop
from probes.http.request import UNSENT_BODY, usual_headers

_ONLY_HTTP1 = frozenset({"keep-alive", "proxy-connection"})


def request_headers(hop: Hop) -> list[tuple[bytes, bytes]]:
    """All headers of the request that `hop` stands for; a Host header becomes the authority (RFC 9113, 8.3.1)."""
    headers = usual_headers(hop.target, hop.headers)
    pairs = {
        ":method": hop.method,
        ":scheme": hop.target.scheme,
        ":authority": headers.pop("host")[1],
        ":path": hop.target.path,
        "te": "trailers",
    }
    pairs |= {key: value for key, (_, value) in headers.items() if key not in _ONLY_HTTP1}
    if hop.method not in UNSENT_BODY:
        pairs["content-length"] = str(len(hop.body or b""))
    return [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()]
