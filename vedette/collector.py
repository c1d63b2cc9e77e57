"""Python's garbage collector, set for processes that make many objects and few cycles."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 50_000
"""Objects made and not freed before the youngest are looked through; Python's own 700 come with every poll."""


def be_patient() -> None:
    """Look for cycles seldom, and never again among what is there by now; call it before the work begins.

    Measured on the rollup flow: a tenth of its CPU time at the same memory.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 10, 10)
