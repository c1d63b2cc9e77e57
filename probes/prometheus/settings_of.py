"""Given: the settings of one part of a module, taken out one after the other, so that none is left unread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vedette.errors import InvalidInput

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


class Given:
    """A mapping at the place `where`; `InvalidInput` for values of another kind, and at the `end` for what is left."""

    def __init__(self, where: str, value: Any) -> None:
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise InvalidInput(where, value, "a mapping")
        self.where = where
        self._left = {str(name): each for name, each in value.items()}

    def take(self, name: str) -> Any:
        """The value as it is; None where there is none."""
        return self._left.pop(name, None)

    def text(self, name: str, default: str, allowed: Sequence[str] = ()) -> str:
        """A text, perhaps one of `allowed`; numbers are texts too."""
        value = self.take(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InvalidInput(f"{self.where}.{name}", value, "a text")
        if allowed and value not in allowed:
            raise InvalidInput(f"{self.where}.{name}", value, ", ".join(allowed))
        return str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise InvalidInput(f"{self.where}.{name}", value, "true or false")
        return value

    def many(self, name: str) -> list[Any]:
        """A list."""
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise InvalidInput(f"{self.where}.{name}", value, "a list")
        return value

    def inner(self, name: str) -> Given:
        """A mapping within."""
        return Given(f"{self.where}.{name}", self.take(name))

    def seconds(self, name: str) -> float | None:
        """A duration such as 5s; None where there is none, or where it is 0."""
        value = self.take(name)
        if value is None or value == 0:
            return None
        match = _DURATION.fullmatch(str(value))
        if match is None:
            raise InvalidInput(f"{self.where}.{name}", value, "a duration such as 5s or 500ms")
        return float(match[1]) * _UNITS[match[2]] or None

    def end(self) -> None:
        """Everything must have been taken by now."""
        if self._left:
            name = next(iter(self._left))
            raise InvalidInput(f"{self.where}.{name}", self._left[name], "no such setting here")
