"""The gateway stays lean: the archive's libraries come with the first old query."""

from __future__ import annotations

import subprocess
import sys


def test_the_gateway_starts_without_pyarrow() -> None:
    program = "import sys, ingest_api.app, vedette.history.opening; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
