"""Expressions over several series of one source: their text, what they mean, and over which series."""

from __future__ import annotations

from vedette.expressions.parsing import Expression, parse_expression

__all__ = ["Expression", "parse_expression"]
