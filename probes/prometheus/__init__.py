"""Prometheus: `GET /probe?target=&module=` as blackbox_exporter has it, answered by a check of our own."""

from probes.prometheus.serving import serve

__all__ = ["serve"]
