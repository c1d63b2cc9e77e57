"""Opening the plugin book, without loading anything of it before there is a plugin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vedette.clock import Clock
from vedette.settings import AgentSettings

if TYPE_CHECKING:
    from agent.plugins.book import PluginBook
    from agent.plugins.instance import Deliver


def has_plugins(folder: Path) -> bool:
    """Whether the folder of local plugins is there; who makes it later starts the agent anew."""
    return folder.is_dir()


def open_book(settings: AgentSettings, deliver: Deliver, clock: Clock) -> PluginBook:
    """The book of this agent. Instances remember beside the spool."""
    from agent.plugins.book import PluginBook

    return PluginBook(
        settings.source,
        settings.plugins,
        settings.spool / "plugins",
        deliver,
        clock,
        report_s=settings.interval_s,
        key=settings.plugin_key,
    )
