"""Models: what is watched, its versions, and the stage of each."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from vedette_client.connection import Connection


class Models:
    """`/v1/models`. A model is named by the id that `register` answers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> list[dict[str, Any]]:
        """The account's models."""
        return self._connection.list("GET", "/v1/models", "models")

    def register(self, name: str, **settings: Any) -> dict[str, Any]:
        """Make a model; what was made, with its `id`. `Conflict` if there is one of that name."""
        return self._connection.object("POST", "/v1/models", json={"name": name, **settings})

    def get(self, model: int | str) -> dict[str, Any]:
        """One model."""
        return self._connection.object("GET", f"/v1/models/{model}")

    def add_version(self, model: int | str, version: str, **settings: Any) -> dict[str, Any]:
        """Add a version to a model."""
        return self._connection.object("POST", f"/v1/models/{model}/versions", json={"version": version, **settings})

    def set_stage(self, model: int | str, version: str, stage: str) -> dict[str, Any]:
        """Move a version to a stage, such as "production"."""
        path = f"/v1/models/{model}/versions/{quote(version, safe='')}/stage"
        return self._connection.object("PUT", path, json={"stage": stage})
