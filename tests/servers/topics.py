"""Topics of one test's own on a Kafka that others use too."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from kafka.admin import KafkaAdminClient


@contextmanager
def own_topics(address: str) -> Iterator[str]:
    """A prefix for names of topics that nobody else uses; topics with it are deleted at the end."""
    prefix = f"test-{secrets.token_hex(6)}."
    try:
        yield prefix
    finally:
        admin = KafkaAdminClient(bootstrap_servers=address.split(","))
        try:
            found = [name for name in admin.list_topics() if name.startswith(prefix)]
            if found:
                admin.delete_topics(found)
        finally:
            admin.close()
