"""What a thousand monitors cost the trends flow: the bytes of a shard's snapshot, and the time of a bucket.

    python benchmarks/trends_state.py [--monitors N] [--buckets N]

All monitors in one shard, 15 checks a bucket, a baseline of four weeks, rings full. The ratio: packed to unpacked.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from vedette.statistics.trends.baseline import BUCKET_MS, HOUR_MS
from vedette.statistics.trends.watch import StepWatch

SHARES = (0.91, 0.08, 0.01)


def main() -> None:
    """Train, run, pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--monitors", type=int, default=1000)
    parser.add_argument("--buckets", type=int, default=1200)
    options = parser.parse_args()
    random, rows = np.random.default_rng(1), np.arange(options.monitors)
    watch = StepWatch(options.monitors, 0.2)
    watch.grow(options.monitors)
    for hour in range(28 * 24):
        counts = random.multinomial(180, SHARES, options.monitors).astype(np.float64)
        watch.baseline.learn(hour * HOUR_MS, rows, counts, buckets=12)
    spent = 0.0
    for bucket in range(28 * 288, 28 * 288 + options.buckets):
        counts = random.multinomial(15, SHARES, options.monitors).astype(np.float64)
        began = time.process_time()
        watch.take(bucket * BUCKET_MS, rows, counts)
        spent += time.process_time() - began
    began = time.process_time()
    state = pickle.dumps(watch, protocol=5)
    packed = zlib.compress(state, 1)
    packing = time.process_time() - began
    per = 1000 / options.monitors
    print(f"a bucket of 1,000 monitors: {1000 * spent / options.buckets * per:.1f} ms of CPU, once in five minutes")
    sizes = f"{len(state) * per / 1e6:.1f} MB, packed {len(packed) * per / 1e6:.1f} MB"
    print(f"snapshot of 1,000 monitors: {sizes} ({len(packed) / len(state):.2f}), in {packing * per:.2f} s of CPU")


if __name__ == "__main__":
    main()
