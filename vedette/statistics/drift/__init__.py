"""Drift of a model's inputs and outputs against a reference: bins, counts, distances, tests, charts, verdicts. Pure."""
