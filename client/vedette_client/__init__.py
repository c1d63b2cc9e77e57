"""The client of Vedette for those who own models: record what a model sees, and ask what became of it.

It needs httpx and msgspec, and nothing of the rest of Vedette.
"""

from vedette_client.client import VedetteClient
from vedette_client.counters import Counters
from vedette_client.errors import Misuse, Refused, Unavailable, VedetteClientError
from vedette_client.recorder import Recorder
from vedette_client.transports.kafka import KafkaTransport

__all__ = [
    "Counters",
    "KafkaTransport",
    "Misuse",
    "Recorder",
    "Refused",
    "Unavailable",
    "VedetteClient",
    "VedetteClientError",
]
