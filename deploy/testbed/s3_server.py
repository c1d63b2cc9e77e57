"""S3 by Versity's gateway over a folder: the server that the compose file uses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from deploy.testbed.installing import Cache
from deploy.testbed.server import Server

REGION = "us-east-1"


class S3Server(Server):
    """The server; its keys reach it through its environment, not its command line."""

    def __init__(self, name: str, folder: Path, cache: Cache, port: int, key: str, secret: str) -> None:
        super().__init__(name, folder)
        self._cache = cache
        self._port = port
        self._key = key
        self._secret = secret

    @property
    def address(self) -> str:
        """Its endpoint."""
        return f"http://127.0.0.1:{self._port}"

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self._objects, self._attributes):
            folder.mkdir(exist_ok=True)

    def command(self) -> list[str]:
        """The server's command line."""
        command = [str(self._cache.s3()), "--quiet", "--port", f"127.0.0.1:{self._port}", "--region", REGION, "posix"]
        if not _keeps_attributes(self._objects):
            command += ["--sidecar", str(self._attributes)]
        return [*command, str(self._objects)]

    def environment(self) -> dict[str, str]:
        """Its keys."""
        return {"ROOT_ACCESS_KEY": self._key, "ROOT_SECRET_KEY": self._secret}

    def answers(self) -> None:
        """List the buckets, signed."""
        client = s3_client(self.address, self._key, self._secret)
        try:
            client.list_buckets()
        finally:
            client.close()

    @property
    def _objects(self) -> Path:
        return self.folder / "data"

    @property
    def _attributes(self) -> Path:
        return self.folder / "attributes"


def s3_client(endpoint: str, key: str, secret: str) -> Any:
    """A client that signs with these keys, tries once, and gives up after seconds."""
    import botocore.config  # type: ignore[import-untyped] # it ships no type information
    import botocore.session  # type: ignore[import-untyped] # it ships no type information

    return botocore.session.Session().create_client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=botocore.config.Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1}),
    )


def _keeps_attributes(folder: Path) -> bool:
    try:
        os.setxattr(folder, "user.vedette", b"1")
    except OSError:
        return False
    os.removexattr(folder, "user.vedette")
    return True
