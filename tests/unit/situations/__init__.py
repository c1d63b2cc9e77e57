"""Situations, as pure functions."""
