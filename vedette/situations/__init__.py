"""Situations: alerts that belong together, what changed around their beginning, and how that is told."""
