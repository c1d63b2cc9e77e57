"""The kernel: what every process of Vedette shares."""

VERSION = "0.1.0"
"""As in `pyproject.toml`; reading it from the installed package would cost an agent a megabyte."""
