"""A supervised process ends if its parent has died before it could ask to be told."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = "from launch.supervised import die_with_parent; die_with_parent(); print('lives')"


def run(parent: int, kind: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "VEDETTE_SUPERVISED": kind, "VEDETTE_PARENT": str(parent)}
    return subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
@pytest.mark.parametrize("kind", ["1", "member"])
def test_who_was_left_to_another_parent_ends_and_others_live(kind: str) -> None:
    assert (run(os.getpid() + 1, kind).returncode, run(os.getpid() + 1, kind).stdout) == (1, "")
    assert run(os.getpid(), kind).stdout == "lives\n"
