"""The template of `vedette plugin new`: a plugin that runs as it is, to be changed from there."""

from __future__ import annotations

TEMPLATE = '''"""{title}: what this plugin looks at, in a line."""

import os

from vedette_plugin import Metric, Option, Plugin, PluginError, Rule


class {kind}(Plugin):
    """One folder of this host."""

    name = "{name}"
    title = "{title}"
    section = "Plugins"
    options = (
        Option("folder", "/tmp", "which folder is looked at"),
        Option("password", "", "an example of a secret; it is masked wherever it would be shown", secret=True),
    )
    metrics = (
        Metric("entries", "Entries", rules=(Rule("Many entries", above=10_000, for_s=300),)),
        Metric("looks", "Looks", "1/s", kind="counter"),
    )

    def run(self) -> None:
        """Look once. What is reported and remembered counts if this returns."""
        folder = self.option("folder")
        if not os.path.isdir(folder):
            raise PluginError(f"{{folder}} is no folder")
        self.report("entries", len(os.listdir(folder)))
        looks = self.memory("looks", 0) + 1
        self.remember("looks", looks)
        self.counter("looks", looks)
'''


def filled(name: str) -> str:
    """The template for a plugin of this name."""
    words = name.split("_")
    kind = "".join(word.capitalize() for word in words) + "Plugin"
    return TEMPLATE.format(name=name, kind=kind, title=" ".join(words).capitalize())
