"""Commands as somebody types them, against a real gateway."""

from __future__ import annotations

from types import ModuleType

import pytest
from rich.console import Console
from typer.testing import CliRunner

from launch.main import app
from tests.integration.gateway.server import Gateway


class Typed:
    """Runs commands of one module with a token of `scope`."""

    def __init__(self, gateway: Gateway, module: ModuleType, patch: pytest.MonkeyPatch, scope: str = "admin") -> None:
        self.gateway = gateway
        self._module = module
        patch.setenv("VEDETTE_URL", gateway.url)
        patch.setenv("VEDETTE_TOKEN", gateway.ours.tokens[scope])
        patch.setattr(module, "console", Console(width=200))

    def __call__(self, *words: str) -> str:
        """What a command printed."""
        with self._module.console.capture() as said:
            done = CliRunner().invoke(app, list(words))
        assert done.exit_code == 0, f"{done.output} {done.exception!r}"
        return str(said.get()) + done.output

    def refused(self, *words: str) -> str:
        """Why a command failed."""
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code != 0, done.output
        return f"{done.output} {done.exception}"
