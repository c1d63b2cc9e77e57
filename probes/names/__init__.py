"""Names: the look-up of host names by our own questions, with a cache that respects their life; the system confirms."""

from probes.names.resolver import Names

__all__ = ["Names"]
