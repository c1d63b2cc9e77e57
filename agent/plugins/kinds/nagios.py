"""Nagios checks: any command that ends with 0, 1, 2 or 3 and may print performance data."""

import shlex
import subprocess

from agent.plugins.kinds.perfdata import Item, parse_perfdata, split_output
from vedette_plugin import Metric, Option, Plugin, PluginError, Rule

STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
MOST = 1 << 20


class NagiosPlugin(Plugin):
    """One check."""

    name = "nagios"
    title = "Nagios check"
    section = "Checks"
    options = (
        Option("command", [], "the check with its arguments: a list, or text as in a shell's line", required=True),
        Option("alert", True, "an alert with the check's text when its state changes"),
    )
    metrics = (
        Metric(
            "state",
            "State (0 OK, 1 warning, 2 critical, 3 unknown)",
            larger_is_better=False,
            rules=(
                Rule("A check is critical", above=1, severity="critical"),
                Rule("A check warns", above=0, for_s=300),
            ),
        ),
        Metric("level", "Level of one number against the check's ranges (0 good, 1 warning, 2 critical)"),
        Metric("value", "A number without unit, or of a unit that is not known"),
        Metric("value_s", "A time", "s", 3),
        Metric("value_ratio", "A share", "ratio", 2),
        Metric("value_bytes", "A size", "bytes"),
        Metric("total", "A count", "1/s", kind="counter"),
    )

    def run(self) -> None:
        """Run the check once; the framework's time limit ends it with all that it has started."""
        state, output = self._check()
        text, data = split_output(output)
        items, bad = parse_perfdata(data)
        self.report("state", state)
        for item in items:
            self._item(item)
        for piece in bad[:3]:
            self.error("performance data cannot be read", piece)
        self._changed(state, text)

    def _check(self) -> tuple[int, str]:
        command = split_command(self.option("command"))
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        except OSError as error:
            raise PluginError(f"{command[0]} cannot be started: {error.strerror}") from error
        if len(done.stdout) > MOST:
            raise PluginError(f"{command[0]} printed more than {MOST} bytes")
        output = done.stdout.decode("utf-8", "replace")
        if not 0 <= done.returncode < len(STATES):
            raise PluginError(f"{command[0]} ended with code {done.returncode}, not 0 to 3", output[:500])
        return done.returncode, output

    def _item(self, item: Item) -> None:
        metric, factor = item.metric()
        if item.value is None:
            return
        labels = {"label": item.label}
        if metric == "value" and item.unit:
            labels["unit"] = item.unit
        if metric == "total":
            self.counter(metric, item.value, **labels)
        else:
            self.report(metric, item.value * factor, **labels)
        self.report("level", item.level(), **labels)

    def _changed(self, state: int, text: str) -> None:
        before = self.memory("state", 0)
        self.remember("state", state)
        if self.option("alert") and state != before:
            first, _, rest = text.partition("\n")
            self.alert(f"{STATES[state]}: {first}", rest)


def split_command(given: list[str]) -> list[str]:
    """The words of a command. One text alone is split as a shell does; nothing else of a shell happens."""
    try:
        words = shlex.split(given[0]) if len(given) == 1 else given
    except ValueError as error:
        raise PluginError(f"option command: {error}") from error
    if not words:
        raise PluginError("option command: missing; allowed: a command with its arguments")
    return words
