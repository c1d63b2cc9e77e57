"""Plugin: the base class, through which one run reads its options and says what it found."""

import time

from vedette_plugin.options import read_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, ClassVar

    from vedette_plugin.metadata import Metric, Option


class PluginError(Exception):
    """The plugin could not do its work; `subject` says it in a line, `body` tells more.

    A run that ends with this, or any other exception, reports nothing but `plugin.up` 0, and keeps its memory.
    """

    def __init__(self, subject: str, body: str = "") -> None:
        super().__init__(subject)
        self.subject = subject
        self.body = body


def told(error: BaseException) -> str:
    """An error in one line, as a plugin's state shows it."""
    if isinstance(error, PluginError):
        return error.subject
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class Plugin:
    """One plugin; an object of it is one run of one instance.

    A subclass sets `name` (as the series begin), `title`, `section` (of the host's page), `options`, `metrics`, and
    defines `run`. What it reports and remembers counts only if `run` returns.
    """

    name: "ClassVar[str]" = ""
    title: "ClassVar[str]" = ""
    section: "ClassVar[str]" = "Plugins"
    options: "ClassVar[Sequence[Option]]" = ()
    metrics: "ClassVar[Sequence[Metric]]" = ()

    def __init__(
        self,
        options: "Mapping[str, Any] | None" = None,
        memory: "Mapping[str, Any] | None" = None,
        *,
        timeout_s: float = 20.0,
        max_series: int = 500,
    ) -> None:
        self._options = read_options(self.options, options or {})
        self._deadline = time.monotonic() + timeout_s
        self._max_series = max_series
        self._kinds = {metric.name: metric.kind for metric in self.metrics}
        self.memories: dict[str, Any] = dict(memory or {})
        self.values: list[list[Any]] = []
        self.alerts: list[list[str]] = []
        self.errors: list[list[str]] = []
        self.over = 0
        self.descriptors: tuple[int, ...] = ()

    def run(self) -> None:
        """Look, and report. Raise `PluginError` if that is impossible."""
        raise NotImplementedError(f"the plugin {self.name!r} has no run()")

    def option(self, name: str) -> "Any":
        """The value of an option, of the type of its default. `KeyError` if the plugin does not declare it."""
        return self._options[name]

    def report(self, metric: str, value: float | None, /, **labels: str) -> None:
        """A gauge, or whatever kind the plugin's `metrics` give `metric`. None: not known now, nothing is reported."""
        self._add(metric, value, self._kinds.get(metric, "gauge"), labels)

    def counter(self, metric: str, total: float | None, /, **labels: str) -> None:
        """A total that only grows until it starts anew at zero. Its rate is made of it later, resets and all."""
        self._add(metric, total, "counter", labels)

    def increase(self, metric: str, amount: float | None, /, **labels: str) -> None:
        """So much more since the last run, for what has no total of its own: lines that were read, events that came."""
        self._add(metric, amount, "delta", labels)

    def _add(self, metric: str, value: float | None, kind: str, labels: "dict[str, str]") -> None:
        if value is None:
            return
        if len(self.values) >= self._max_series:
            self.over += 1
            return
        # Text, so that what is no JSON number (NaN, infinity) arrives too and can be named in the plugin's state.
        self.values.append([metric, repr(float(value)), kind, {key: str(text) for key, text in labels.items()}])

    def alert(self, subject: str, body: str = "") -> None:
        """Something that people should know now, beside what rules find in the values."""
        self.alerts.append([str(subject), str(body)])

    def error(self, subject: str, body: str = "") -> None:
        """Something went wrong, though what was reported holds. The plugin's state shows it."""
        self.errors.append([str(subject), str(body)])

    def remember(self, key: str, value: "Any") -> None:
        """Keep `value` (anything that JSON can hold) for the next runs; None forgets it."""
        if value is None:
            self.memories.pop(key, None)
        else:
            self.memories[key] = value

    def memory(self, key: str, default: "Any" = None) -> "Any":
        """What an earlier run remembered, or `default`."""
        return self.memories.get(key, default)

    def remaining_s(self) -> float:
        """Seconds until this run is ended by force, less a little: a good limit for a socket. At least 0.1."""
        return max(0.1, (self._deadline - time.monotonic()) * 0.9)
