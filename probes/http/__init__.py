"""HTTP and HTTPS checks: asyncio protocol and httptools on the hot path, every phase timed."""

from probes.http.check import HttpCheck

__all__ = ["HttpCheck"]
