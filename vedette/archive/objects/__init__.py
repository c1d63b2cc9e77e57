"""Object stores: a port, its adapters, and the one place that knows which of them is used."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from vedette.archive.objects.port import Objects
from vedette.errors import ConfigurationError
from vedette.settings import ArchiveSettings

__all__ = ["Objects", "open_objects"]


def open_objects(settings: ArchiveSettings) -> Objects:
    """The object store that the settings name. Connects to nothing yet; `check` does.

    Raises a `ConfigurationError` if the URL is not set or no place can be at it, or if the library that it needs is
    not installed.
    """
    if settings.archive_url is None:
        raise ConfigurationError("VEDETTE_ARCHIVE_URL", None, "file:///folder, s3://bucket/prefix, gs://… or az://…")
    url = urlsplit(settings.archive_url)
    if url.scheme == "file":
        from vedette.archive.objects.folder import Folder

        if not url.path or url.netloc:
            raise ConfigurationError("VEDETTE_ARCHIVE_URL", settings.archive_url, "file:///path/of/the/folder")
        return Folder(Path(url.path))
    from vedette.archive.objects.remote import Bucket

    return Bucket(settings)
