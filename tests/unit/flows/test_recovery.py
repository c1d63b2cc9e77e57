"""The recovery folder: one flow at a time, one identity, and partitions that are made whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataflows.recovery import RecoveryFolder
from dataflows.running import prepare
from vedette.errors import ConfigurationError, Conflict


@pytest.fixture
def folder(tmp_path: Path) -> RecoveryFolder:
    return RecoveryFolder(tmp_path / "recovery")


def test_a_second_flow_is_kept_out_until_the_first_has_ended(folder: RecoveryFolder) -> None:
    with folder.claim(), pytest.raises(ConfigurationError, match=r"VEDETTE_RECOVERY_DIR.*using now"):
        folder.claim(patience_s=0.1)
    folder.claim(patience_s=0.1).close()


def test_processes_of_one_cluster_share_a_folder_but_not_a_number(folder: RecoveryFolder) -> None:
    with folder.claim(0), folder.claim(1):
        for process in (None, 0, 1):
            with pytest.raises(ConfigurationError, match="using now"):
                folder.claim(process, patience_s=0.1)


def test_a_flow_alone_keeps_out_processes_of_a_cluster(folder: RecoveryFolder) -> None:
    with folder.claim(), pytest.raises(ConfigurationError, match="using now"):
        folder.claim(3, patience_s=0.1)


def test_the_identity_stays_and_is_the_folders_own(folder: RecoveryFolder, tmp_path: Path) -> None:
    assert folder.identity() == RecoveryFolder(folder.path).identity()
    assert folder.identity() != RecoveryFolder(tmp_path / "other").identity()


def test_partitions_are_made_once_in_the_number_that_is_asked_for(folder: RecoveryFolder) -> None:
    prepare(folder, 3)
    assert folder.parts() == {0: 3, 1: 3, 2: 3}
    prepare(folder, 8)
    assert folder.parts() == {0: 3, 1: 3, 2: 3}


def test_a_part_of_them_can_be_made(folder: RecoveryFolder) -> None:
    folder.make(4, [1, 3])
    assert folder.parts() == {1: 4, 3: 4}


def test_a_folder_that_lacks_a_partition_is_refused(folder: RecoveryFolder) -> None:
    prepare(folder, 4)
    (folder.path / "part-2.sqlite3").unlink()
    with pytest.raises(Conflict, match="recovery partitions 2"):
        prepare(folder, 4)


def test_a_making_that_was_interrupted_begins_anew(folder: RecoveryFolder) -> None:
    folder.make(4, [0, 1])
    (folder.path / ".new").mkdir()
    prepare(folder, 4)
    assert folder.parts() == dict.fromkeys(range(4), 4)


def test_what_is_no_partition_is_named(folder: RecoveryFolder) -> None:
    (folder.path / "part-0.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(ConfigurationError, match=r"part-0\.sqlite3 cannot be read"):
        folder.parts()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"VEDETTE_RECOVERY_DIR.*can be written"):
        RecoveryFolder(tmp_path / "file")
