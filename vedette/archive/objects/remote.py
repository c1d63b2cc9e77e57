"""A bucket as an object store: S3, Google Cloud Storage or Azure, through their fsspec packages."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import fsspec

from vedette.archive.objects.port import Source, Target
from vedette.errors import ArchiveUnavailable, ConfigurationError, NotFound
from vedette.settings import ArchiveSettings

_EXTRAS = {"s3": "server", "gs": "gcs", "az": "azure"}
_PIECE = 16 << 20
"""Bytes of a part of an object that is written piece by piece."""
_CONNECT_S, _READ_S = 5, 30
_REFUSALS = frozenset(
    {
        "AccessDenied",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "AuthorizationHeaderMalformed",
        "XAdminUserNotFound",
    }
)
"""Codes of S3 and of servers that speak it, of which its library does not make a `PermissionError` always."""


class Bucket:
    """Objects in a bucket, below the URL's prefix."""

    def __init__(self, settings: ArchiveSettings) -> None:
        self.url = (settings.archive_url or "").rstrip("/")
        parts = urlsplit(self.url)
        if not parts.netloc:
            raise ConfigurationError("VEDETTE_ARCHIVE_URL", self.url, f"{parts.scheme}://bucket/prefix")
        self._bucket = parts.netloc
        self._root = parts.netloc + parts.path
        options = {"s3": _s3, "gs": _gs, "az": _az}[parts.scheme](settings)
        try:
            self._fs: Any = fsspec.filesystem(
                parts.scheme, skip_instance_cache=True, use_listings_cache=False, **options
            )
        except ImportError as error:
            allowed = f"one whose library is installed; for this one: pip install 'vedette[{_EXTRAS[parts.scheme]}]'"
            raise ConfigurationError("VEDETTE_ARCHIVE_URL", self.url, allowed) from error

    def put(self, path: str, data: bytes) -> None:
        """One request, or several for a large object."""
        with self._translated(path):
            self._fs.pipe_file(self._whole(path), data)

    @contextmanager
    def create(self, path: str) -> Iterator[Target]:
        """An upload in parts: the object is there when it is completed."""
        with self._translated(path):
            file = self._fs.open(self._whole(path), "wb", block_size=_PIECE)
        try:
            yield _Translating(file, self, path)
        except BaseException:
            file.closed = True  # closing would complete the upload with what there is
            with suppress(Exception):  # the error that led here is the one to tell
                file.discard()
            raise
        with self._translated(path):
            file.close()

    def get(self, path: str) -> bytes:
        """One request."""
        with self._translated(path):
            data: bytes = self._fs.cat_file(self._whole(path))
            return data

    def open(self, path: str) -> Source:
        """Each read is a request of its own: pyarrow asks for what it needs, and in large pieces."""
        with self._translated(path):
            return _Translating(self._fs.open(self._whole(path), "rb", cache_type="none"), self, path)

    def delete(self, path: str) -> None:
        """One request."""
        try:
            with self._translated(path):
                self._fs.rm_file(self._whole(path))
        except NotFound:
            pass

    def paths(self) -> list[str]:
        """All objects below the prefix."""
        try:
            with self._translated(""):
                found = self._fs.find(self._root)
        except NotFound:
            return []
        return sorted(path.removeprefix(self._root).lstrip("/") for path in found)

    def check(self) -> None:
        """Write an object, read it, and delete it."""
        path = f".check-{uuid.uuid4().hex}"
        self.put(path, b"?")
        self.get(path)
        self.delete(path)

    def _whole(self, path: str) -> str:
        return f"{self._root}/{path}"

    @contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        """The libraries' errors as ours. They share no tree: botocore's, aiohttp's, Google's and Azure's come here."""
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in _codes(error) or "bucket does not exist" in str(error).lower():
                raise ArchiveUnavailable(
                    f"the bucket {self._bucket} of {self.url} does not exist: make it, or set VEDETTE_ARCHIVE_URL"
                ) from error
            raise NotFound(f"the archive {self.url} holds no object {path}") from error
        except Exception as error:
            if isinstance(error, PermissionError) or not _REFUSALS.isdisjoint(_codes(error)):
                raise ArchiveUnavailable(
                    f"the bucket {self._bucket} of {self.url} refuses ({_short(error)}): check"
                    " VEDETTE_ARCHIVE_ACCESS_KEY and VEDETTE_ARCHIVE_SECRET_KEY, and that they may"
                    " read, write, list and delete there"
                ) from error
            raise ArchiveUnavailable(
                f"the archive {self.url} does not answer ({_short(error)}): check VEDETTE_ARCHIVE_URL,"
                " VEDETTE_ARCHIVE_ENDPOINT and the server"
            ) from error


class _Translating:
    """A file whose reads and writes raise our errors."""

    closed = False

    def __init__(self, file: Any, bucket: Bucket, path: str) -> None:
        self._file, self._bucket, self._path = file, bucket, path

    def write(self, data: bytes) -> int:
        with self._bucket._translated(self._path):  # noqa: SLF001 - the two are one
            written: int = self._file.write(data)
            return written

    def read(self, size: int = -1) -> bytes:
        with self._bucket._translated(self._path):  # noqa: SLF001 - the two are one
            data: bytes = self._file.read(size)
            return data

    def seek(self, offset: int, whence: int = 0) -> int:
        place: int = self._file.seek(offset, whence)
        return place

    def tell(self) -> int:
        place: int = self._file.tell()
        return place

    def close(self) -> None:
        self._file.close()


def _codes(error: BaseException | None) -> set[str]:
    """S3's codes for an error and what caused it."""
    found = set()
    while error is not None:
        # botocore's errors carry a dict, those of a broken connection None, and aiohttp's objects of another kind.
        response = getattr(error, "response", None)
        details = response.get("Error") if isinstance(response, dict) else None
        if isinstance(details, dict):
            found.add(str(details.get("Code", "")))
        error = error.__cause__
    return found


def _short(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__)[:200]


def _s3(settings: ArchiveSettings) -> dict[str, Any]:
    config: dict[str, Any] = {
        "connect_timeout": _CONNECT_S,
        "read_timeout": _READ_S,
        "retries": {"total_max_attempts": 1},  # s3fs tries again itself, and then whoever called
        # Servers that only speak S3 need not know the newer checksums.
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
    }
    if settings.archive_endpoint is not None:
        config["s3"] = {"addressing_style": "path"}  # a server of one's own seldom has a name for each bucket
    keys = (settings.archive_access_key, settings.archive_secret_key)
    return {
        "key": None if keys[0] is None else keys[0].get_secret_value(),
        "secret": None if keys[1] is None else keys[1].get_secret_value(),
        "endpoint_url": settings.archive_endpoint,
        "client_kwargs": {} if settings.archive_region is None else {"region_name": settings.archive_region},
        "config_kwargs": config,
        "default_block_size": _PIECE,
    }


def _gs(settings: ArchiveSettings) -> dict[str, Any]:
    """The secret is a key file's path, or its JSON; without one Google's libraries look where they always do."""
    found: dict[str, Any] = {}
    if settings.archive_endpoint is not None:
        found["endpoint_url"] = settings.archive_endpoint
    if settings.archive_secret_key is not None:
        secret = settings.archive_secret_key.get_secret_value()
        found["token"] = json.loads(secret) if secret.startswith("{") else secret
    return found


def _az(settings: ArchiveSettings) -> dict[str, Any]:
    """The access key is the storage account's name, the secret its key."""
    found: dict[str, Any] = {}
    if settings.archive_access_key is not None:
        found["account_name"] = settings.archive_access_key.get_secret_value()
    if settings.archive_secret_key is not None:
        found["account_key"] = settings.archive_secret_key.get_secret_value()
    if settings.archive_endpoint is not None:
        found["account_host"] = settings.archive_endpoint
    return found
