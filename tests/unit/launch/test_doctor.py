"""The doctor's visit: a part that did not answer is not waited for again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from launch.checkup import NotWell
from launch.commands import doctor
from launch.commands.doctor import Visit
from vedette.errors import ArchiveUnavailable, ConfigurationError, Unavailable


class Away:
    """A gateway that does not answer."""

    asked = 0

    def call(self, method: str, path: str) -> None:
        Away.asked += 1
        raise Unavailable("away")


def test_a_gateway_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Away, "asked", 0)
    monkeypatch.setattr(doctor, "gateway", lambda timeout_s: Away())
    visit = Visit()
    with pytest.raises(Unavailable):
        visit.gateway()
    for check in (visit.hosts, visit.endpoints, visit.channels):
        with pytest.raises(NotWell, match="not known"):
            check()
    assert Away.asked == 1


def test_a_database_that_is_not_known_leaves_notifications_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VEDETTE_DATA", str(tmp_path))
    monkeypatch.setenv("VEDETTE_DSN", "mysql://x")
    visit = Visit()
    with pytest.raises(Exception, match="VEDETTE_DSN"):
        visit.database()
    with pytest.raises(NotWell, match="not known"):
        visit.notifications()


def test_an_archive_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VEDETTE_DATA", str(tmp_path))
    assert Visit().archive() == "none is set (VEDETTE_ARCHIVE_URL)"
    (tmp_path / "address.json").write_text("{}")
    assert Visit().archive() == f"file://{tmp_path}/archive can be written and read"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VEDETTE_ARCHIVE_URL", f"file://{tmp_path}/file/archive")
    with pytest.raises(ArchiveUnavailable, match="cannot be used"):
        Visit().archive()


@pytest.mark.parametrize(("scheme", "extra"), [("gs", "gcs"), ("az", "azure")])
def test_an_archive_whose_library_is_not_installed_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, scheme: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, {"gs": "gcsfs", "az": "adlfs"}[scheme], None)
    monkeypatch.setenv("VEDETTE_ARCHIVE_URL", f"{scheme}://bucket")
    with pytest.raises(ConfigurationError, match=rf"VEDETTE_ARCHIVE_URL.*vedette\[{extra}\]"):
        Visit().archive()


@pytest.mark.parametrize("url", ["ftp://x/y", "file://host/folder", "s3:///prefix"])
def test_an_archive_s_wrong_address_names_the_variable(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("VEDETTE_ARCHIVE_URL", url)
    with pytest.raises(ConfigurationError, match="VEDETTE_ARCHIVE_URL"):
        Visit().archive()


def test_an_installation_without_processes_is_told_to_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VEDETTE_DATA", str(tmp_path))
    assert Visit().processes() == "not those of a `vedette up` here"
    (tmp_path / "address.json").write_text("{}")
    with pytest.raises(NotWell, match="start it"):
        Visit().processes()
