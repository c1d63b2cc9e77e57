"""Transports: how messages travel. One file per variant."""

from vedette_client.transports.http import HttpTransport
from vedette_client.transports.kafka import KafkaTransport
from vedette_client.transports.port import Transport

__all__ = ["HttpTransport", "KafkaTransport", "Transport"]
