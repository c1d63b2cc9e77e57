"""An S3 server as tests use it: its address, its keys, fresh buckets."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from deploy.testbed.s3_server import REGION, s3_client

_READY_S = 60.0


@dataclass(frozen=True)
class S3:
    """The server at `endpoint`. Buckets of `bucket()` are deleted, with all in them, by `close`."""

    endpoint: str
    key: str
    secret: str = field(repr=False)
    region: str = REGION
    made: list[str] = field(default_factory=list)

    def client(self) -> Any:
        """A botocore client for this server; close it."""
        return s3_client(self.endpoint, self.key, self.secret)

    def bucket(self) -> str:
        """The name of a new, empty bucket."""
        name = f"test-{secrets.token_hex(8)}"
        client = self.client()
        try:
            client.create_bucket(Bucket=name)
        finally:
            client.close()
        self.made.append(name)
        return name

    def keys(self, bucket: str) -> list[str]:
        """The names of all objects in a bucket, sorted."""
        client = self.client()
        try:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))
        finally:
            client.close()

    def close(self) -> None:
        """Delete the buckets that were made here."""
        client = self.client()
        try:
            while self.made:
                bucket = self.made.pop()
                for key in self.keys(bucket):
                    client.delete_object(Bucket=bucket, Key=key)
                client.delete_bucket(Bucket=bucket)
        finally:
            client.close()


def answers(endpoint: str, key: str, secret: str) -> None:
    """Return when the server lists its buckets."""
    deadline = time.monotonic() + _READY_S
    client = s3_client(endpoint, key, secret)
    try:
        while True:
            try:
                client.list_buckets()
            except Exception:  # whatever the client raises means: not yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return
    finally:
        client.close()
