"""scouter-ml's side of `client.py`, for a Python that has scouter-ml and numpy: prints nanoseconds per call as JSON.

The queue has scouter-ml's own mock transport, so no server is needed. A row is what a service has: a dict of ten
floats, of which it must make `Features`. `insert` alone, of features that were made before, is shown as well.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from client_timing import overhead, timed
from scouter.drift import Drifter, SpcAlertConfig, SpcDriftConfig
from scouter.mock import MockConfig
from scouter.queue import Feature, Features, ScouterQueue


def main() -> None:
    """Measure in the bursts that `client.py` names."""
    bursts, pause_s = int(sys.argv[1]), float(sys.argv[2])
    names = [f"feature_{number}" for number in range(10)]
    config = SpcDriftConfig(
        space="b", name="b", version="0.1.0", alert_config=SpcAlertConfig(features_to_monitor=names)
    )
    profile = Drifter().create_drift_profile(np.random.default_rng(0).normal(size=(1000, 10)), config)
    scouter = ScouterQueue.from_profile({"spc": profile}, MockConfig())
    queue = scouter["spc"]
    row = dict.fromkeys(names, 0.5)
    ready = Features([Feature(name, value) for name, value in row.items()])
    found = {
        "overhead": overhead(),
        "insert": timed(lambda: queue.insert(Features([Feature(*item) for item in row.items()])), bursts, pause_s),
        "insert_ready": timed(lambda: queue.insert(ready), bursts, pause_s),
    }
    scouter.shutdown()
    sys.stdout.write("RESULT " + json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
