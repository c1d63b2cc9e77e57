"""Testing: one run of a plugin inside a test, without processes."""

import math

from vedette_plugin.plugin import Plugin, PluginError, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Run:
    """What one run did. `values` are by series as they will be named, without the label `instance`.

    `failure` is None if the run returned, else its `PluginError`.
    """

    def __init__(self, plugin: Plugin, failure: PluginError | None) -> None:
        self.values: dict[str, float] = {}
        self.kinds: dict[str, str] = {}
        self.alerts = [tuple(alert) for alert in plugin.alerts]
        self.errors = [tuple(error) for error in plugin.errors]
        self.memory = plugin.memories
        self.over = plugin.over
        self.failure = failure
        declared = {metric.name for metric in plugin.metrics}
        self.undeclared = sorted({row[0] for row in plugin.values} - declared)
        for metric, value, kind, labels in plugin.values:
            name = f"{plugin.name}.{metric}" + _shown(labels)
            if name in self.values:
                raise AssertionError(f"{name} was reported twice")
            self.values[name] = float(value)
            self.kinds[name] = kind

    def finite(self) -> bool:
        """Whether every value is a number that can be kept."""
        return all(map(math.isfinite, self.values.values()))


def run_once(
    kind: type[Plugin],
    options: "Mapping[str, Any] | None" = None,
    memory: "Mapping[str, Any] | None" = None,
    *,
    timeout_s: float = 20.0,
) -> Run:
    """Run it. A `PluginError`, or an `OSError` such as a time-out, is in the result; anything else is raised."""
    plugin = kind(options, memory, timeout_s=timeout_s)
    try:
        plugin.run()
    except PluginError as error:
        return Run(plugin, error)
    except OSError as error:
        return Run(plugin, PluginError(told(error)))
    return Run(plugin, None)


def _shown(labels: "Mapping[str, str]") -> str:
    return "{" + ",".join(f'{key}="{labels[key]}"' for key in sorted(labels)) + "}" if labels else ""
