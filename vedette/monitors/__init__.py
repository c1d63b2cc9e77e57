"""A monitor's definition: what is checked, how often, and what counts as well. One file per check type."""

from vedette.monitors.spec import KINDS, MonitorSpec, masked

__all__ = ["KINDS", "MonitorSpec", "masked"]
