"""The plugin SDK: what a Vedette plugin is written against.

A plugin is one file with one subclass of `Plugin`. It runs in a process of its own, with little more than the standard
library; importing this package costs almost nothing, so it must stay free of heavy imports.
"""

from vedette_plugin.metadata import Metric, Option, Rule
from vedette_plugin.plugin import Plugin, PluginError

__all__ = ["Metric", "Option", "Plugin", "PluginError", "Rule"]
