"""What a process says about itself: log events and metrics."""

from vedette.telemetry.logs import configure_logs, get_logger
from vedette.telemetry.metrics import METRICS, metrics

__all__ = ["METRICS", "configure_logs", "get_logger", "metrics"]
