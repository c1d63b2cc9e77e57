"""Temperatures that the host's sensors tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import psutil

from agent.collectors.base import Group, series

MAX_SENSORS = 64
Readings = Mapping[str, list[Any]]


def read_temperatures() -> Readings:
    """What psutil finds; nothing on systems of which it knows no sensors."""
    read: Callable[[], Readings] | None = getattr(psutil, "sensors_temperatures", None)
    return read() if read is not None else {}


class TemperatureCollector:
    """`temperature.celsius{chip,sensor}`; most virtual machines have no sensor."""

    name = "temperature"

    def __init__(self, read: Callable[[], Readings] = read_temperatures) -> None:
        self._read = read

    def collect(self, at: float) -> list[Group]:
        """One group of at most `MAX_SENSORS`; none without sensors. Two of one name are told apart by their number."""
        values: dict[str, float] = {}
        for chip, sensors in self._read().items():
            for number, sensor in enumerate(sensors):
                name = series("temperature.celsius", chip=chip, sensor=sensor.label or str(number))
                if name in values:
                    name = series("temperature.celsius", chip=chip, sensor=f"{sensor.label} {number}")
                if sensor.current is not None and len(values) < MAX_SENSORS:
                    values[name] = float(sensor.current)
        return [Group(values)] if values else []
