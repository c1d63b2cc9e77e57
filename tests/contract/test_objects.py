"""What every adapter of the object store's port promises."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.buckets import S3
from vedette.archive.objects import Objects, open_objects
from vedette.errors import ArchiveUnavailable, NotFound
from vedette.settings import ArchiveSettings

Opener = Callable[[], Objects]


@pytest.fixture(params=["folder", "s3"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the same place as often as it is called, as other processes would."""
    if request.param == "folder":
        return lambda: open_objects(ArchiveSettings.load(archive_url=f"file://{tmp_path}/archive"))
    server: S3 = request.getfixturevalue("s3_server")
    url = f"s3://{server.bucket()}/some/prefix"
    return lambda: open_objects(
        ArchiveSettings.load(
            archive_url=url,
            archive_endpoint=server.endpoint,
            archive_region=server.region,
            archive_access_key=server.key,
            archive_secret_key=server.secret,
        )
    )


def test_what_one_opening_wrote_another_reads(opener: Opener) -> None:
    opener().put("kind=a/x.parquet", b"data")
    assert opener().get("kind=a/x.parquet") == b"data"
    assert opener().paths() == ["kind=a/x.parquet"]


def test_an_object_is_replaced_as_a_whole(opener: Opener) -> None:
    objects = opener()
    objects.put("a", b"long before")
    objects.put("a", b"short")
    assert objects.get("a") == b"short"


def test_an_object_written_piece_by_piece_is_there_at_the_end_and_not_before(opener: Opener) -> None:
    objects = opener()
    with objects.create("a/b") as target:
        for _ in range(40):
            target.write(bytes(1 << 20))
        assert opener().paths() == []
    assert objects.get("a/b") == bytes(40 << 20)


@pytest.mark.parametrize("size", [10, 40 << 20])
def test_an_object_whose_writer_failed_is_not_there(opener: Opener, size: int) -> None:
    objects = opener()

    def fail() -> None:
        with objects.create("a/b") as target:
            target.write(bytes(size))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert objects.paths() == []


def test_an_object_is_read_in_places(opener: Opener) -> None:
    objects = opener()
    objects.put("a", bytes(range(256)) * 100)
    source = objects.open("a")
    assert source.seek(-3, 2) == 25_597
    assert source.read() == b"\xfd\xfe\xff"
    source.seek(300)
    assert source.read(2) == b"\x2c\x2d"
    source.close()


def test_what_is_not_there_is_not_found_and_can_be_deleted(opener: Opener) -> None:
    objects = opener()
    objects.put("a", b"")
    for read in (objects.get, objects.open):
        with pytest.raises(NotFound, match="nothing here"):
            read("nothing here")
    objects.delete("nothing here")
    objects.delete("a")
    assert objects.paths() == []


def test_a_place_that_can_be_used_is_checked_without_a_trace(opener: Opener) -> None:
    objects = opener()
    objects.check()
    assert objects.paths() == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    objects = open_objects(ArchiveSettings.load(archive_url=f"file://{tmp_path}/file/archive"))
    with pytest.raises(ArchiveUnavailable, match=r"file/archive cannot be used"):
        objects.check()


def s3(server: S3, bucket: str, **other: str) -> Objects:
    given = {"archive_access_key": server.key, "archive_secret_key": server.secret, "archive_endpoint": server.endpoint}
    return open_objects(
        ArchiveSettings.load(archive_url=f"s3://{bucket}", archive_region=server.region, **given | other)
    )


def test_a_bucket_that_is_missing_is_named(s3_server: S3) -> None:
    with pytest.raises(ArchiveUnavailable, match=r"the bucket no-such-bucket of .* does not exist: make it"):
        s3(s3_server, "no-such-bucket").check()


@pytest.mark.parametrize("wrong", ["archive_secret_key", "archive_access_key"])
def test_a_wrong_key_is_refused_and_not_shown(s3_server: S3, wrong: str) -> None:
    with pytest.raises(ArchiveUnavailable, match=r"bucket .* refuses .* check VEDETTE_ARCHIVE_ACCESS_KEY") as caught:
        s3(s3_server, s3_server.bucket(), **{wrong: "not-the-key"}).check()
    assert s3_server.secret not in str(caught.value)


def test_a_server_that_is_away_is_named_with_its_variables(s3_server: S3) -> None:
    with pytest.raises(ArchiveUnavailable, match=r"does not answer .* VEDETTE_ARCHIVE_ENDPOINT"):
        s3(s3_server, "a", archive_endpoint="http://127.0.0.1:9").check()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<", b"nonsense\r\n\r\n"])
@pytest.mark.parametrize("act", ["get", "put"])
def test_a_server_that_breaks_off_is_away(act: str, answer: bytes) -> None:
    """Its connections end unanswered, in the middle of an answer, or after something that is no HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_break_off, args=(listener, answer), daemon=True).start()
        objects = open_objects(
            ArchiveSettings.load(
                archive_url="s3://bucket",
                archive_endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}",
                archive_access_key="key",
                archive_secret_key="secret",
            )
        )
        call = {"get": lambda: objects.get("a"), "put": lambda: objects.put("a", b"data")}[act]
        with pytest.raises(ArchiveUnavailable, match=r"does not answer .* VEDETTE_ARCHIVE_ENDPOINT"):
            call()
        listener.shutdown(socket.SHUT_RDWR)


def _break_off(listener: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(1 << 16)
            connection.sendall(answer)
