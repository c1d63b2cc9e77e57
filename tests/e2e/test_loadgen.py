"""`vedette loadgen` sends a known load; `--check` finds it, and tells what is missing, doubled, different."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from launch.loadgen.ledger import read_ledger
from tests.e2e.installation import Installation
from tests.patience import PATIENCE_S
from vedette.store.pool import Store

pytestmark = pytest.mark.e2e
LOAD = ["--rate", "3000", "--duration", "3", "--sources", "6", "--names", "6", "--interval", "30", "--monitors", "2"]


def loadgen(installation: Installation, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "launch.main", "loadgen", *arguments],
        env={**os.environ, "VEDETTE_DATA": str(installation.data)},
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ledger(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("loadgen") / "ledger"
    code, said = loadgen(installation, "--ledger", str(path), "--seed", "5", *LOAD)
    assert code == 0, said
    assert "acknowledged 9000 samples, 1000 results" in said
    return str(path)


def test_every_tier_and_the_archive_hold_what_was_sent(installation: Installation, ledger: str) -> None:
    code, said = loadgen(installation, "--check", ledger, "--wait", "120")
    assert code == 0, said
    tiers = [f"tier {tier}" for tier in ("10s", "1m", "1h", "1d")]
    checks = ["check_results", *(f"check_rollup_{tier}" for tier in ("1m", "1h", "1d"))]
    for part in (*tiers, *checks, "monitor_states", "archive samples", "archive checks"):
        assert f"✓ {part}: " in said
    assert "archive samples: 1500 events right" in said


def test_what_was_changed_behind_its_back_is_told(installation: Installation, ledger: str) -> None:
    source = read_ledger(Path(ledger)).plan.source(3)
    one = (
        "(source_id, bucket) = (SELECT s.id, r.bucket FROM {0} r JOIN sources s ON s.id = r.source_id WHERE s.name = %s"
    )
    one += " ORDER BY bucket LIMIT 1)"
    store = Store(installation.dsn, pool_size=1)
    try:
        store.execute(f"UPDATE rollup_1m SET n = n + 1 WHERE {one.format('rollup_1m')}", source)
        store.execute(f"DELETE FROM rollup_1h WHERE {one.format('rollup_1h')}", source)
        cells = "set_byte(cells, 3, (get_byte(cells, 3) + 1) %% 256)"
        store.execute(f"UPDATE rollup_1d SET cells = {cells} WHERE {one.format('rollup_1d')}", source)
    finally:
        store.close()
    code, said = loadgen(installation, "--check", ledger, "--wait", "0")
    assert code == 1
    for line in ("✗ tier 1m: ", "1 doubled", "✗ tier 1h: ", "1 missing", "✗ tier 1d: ", "1 different", source):
        assert line in said
    assert "✓ tier 10s" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--ledger, --check: 'neither' is not allowed"),
        (("--ledger", "a", "--check", "b"), "--ledger, --check: 'both' is not allowed"),
        (("--check", "not-there"), "--check: 'not-there' is not allowed; allowed: a ledger that can be read"),
        (("--ledger", "l", "--sources", "2", "--senders", "3"), "--senders: 3 is not allowed"),
        (("--ledger", "l", "--start", "soon"), "--start: 'soon' is not allowed; allowed: milliseconds UTC"),
    ],
)
def test_bad_options_are_told(installation: Installation, arguments: tuple[str, ...], said: str) -> None:
    code, printed = loadgen(installation, *arguments)
    assert (code, said in printed) == (1, True), printed
    assert not Path("l").exists()
