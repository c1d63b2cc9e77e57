"""Test: what an assertion becomes once it is made ready."""

from __future__ import annotations

from collections.abc import Callable

from probes.assertions.answer import Answer

Test = Callable[[Answer], str | None]
"""Says what is wrong with an answer; None: it holds."""
