"""Delivery: how agents and probes get their reports out, through a spool, over HTTP or into the log."""

from vedette.delivery.sender import Sender
from vedette.delivery.spool import Report, Spool
from vedette.delivery.transport import Receipt, Transport, open_transport

__all__ = ["Receipt", "Report", "Sender", "Spool", "Transport", "open_transport"]
