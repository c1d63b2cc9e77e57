"""Searching: regular expressions over answers, with a bound on the work that one may cause.

RE2's time is linear in the text, but with a factor: in the worst case each byte costs a step for each instruction of
the compiled pattern. So the text is searched only as far as the budget of steps goes.
"""

from __future__ import annotations

from typing import Any

from vedette.errors import InvalidInput

BUDGET = 50_000_000
"""Steps that all patterns of one monitor may take together: about half a second, in a thread."""

_MEMORY_BYTES = 1 << 20


class Pattern:
    """A compiled pattern; `InvalidInput` for what is none, or where the engine is missing."""

    def __init__(self, text: str) -> None:
        self._compiled = _compiled(text)
        self.steps = max(1, int(self._compiled.programsize))
        """Steps per byte, at worst."""

    def found(self, text: str | bytes) -> bool:
        """Whether it matches anywhere in `text`."""
        return self._compiled.search(text) is not None

    def reach(self, budget: int) -> int:
        """How many bytes can be searched for `budget` steps."""
        return max(1024, budget // self.steps)


def _compiled(text: str) -> Any:
    try:
        import re2
    except ImportError:
        allowed = "no regular expression here: google-re2 is not installed"
        raise InvalidInput("assertions.value", text, allowed) from None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    try:
        return re2.compile(text, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise InvalidInput("assertions.value", text, f"a regular expression in RE2's syntax ({error})") from error
