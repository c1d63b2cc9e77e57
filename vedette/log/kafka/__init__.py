"""The Kafka event log: the port's adapter over kafka-python, imported nowhere else."""

from __future__ import annotations

import logging

from vedette.log.kafka.knock import knock
from vedette.log.kafka.log import KafkaLog
from vedette.log.kafka.options import client_options
from vedette.log.kafka.topics import seen_topics
from vedette.settings import LogSettings

__all__ = ["KafkaLog", "look"]


def look(settings: LogSettings) -> dict[str, int]:
    """The partitions of each topic that is there. Makes none; raises as the opening does."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    options = client_options(settings)
    knock(options)
    return seen_topics(options, settings, ",".join(options["bootstrap_servers"]))
