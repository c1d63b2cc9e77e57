"""The table of thresholds that `vedette/statistics/trends/thresholds.npy` holds, solved anew.

    python benchmarks/trends_thresholds.py

A process would need half a minute to solve it, and another library of linear algebra would round it otherwise; from the
file all have the same thresholds at once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from vedette.statistics.trends.thresholds import SHIFTS, SKEWS, TABLE, solve


def main() -> None:
    """Solve every node, and write the file."""
    nodes = [[solve(float(shift), float(skew)) for skew in SKEWS] for shift in SHIFTS]
    np.save(TABLE, np.array(nodes, np.float32))
    print(f"{TABLE}: {TABLE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
