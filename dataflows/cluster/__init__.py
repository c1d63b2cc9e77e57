"""The cluster: several processes that run one dataflow together, begin together and end together."""

from dataflows.cluster.bond import join
from dataflows.cluster.seat import Seat

__all__ = ["Seat", "join"]
