"""How long a test waits for what must come: on a machine so busy that everything takes minutes, it comes all the same.

A wait ends the moment its condition holds, so patience costs time only where a test fails.
"""

from __future__ import annotations

PATIENCE_S = 180.0
