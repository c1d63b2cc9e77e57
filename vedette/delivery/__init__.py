"""Delivery: how agents and probes get their reports out, through a spool, over HTTP or into the log."""

from vedette.delivery.sender import Sender
from vedette.delivery.spool import Report, Spool
from vedette.delivery.transport import HttpTransport, Receipt, Transport, open_transport

__all__ = ["HttpTransport", "Receipt", "Report", "Sender", "Spool", "Transport", "open_transport"]
