"""Where real servers come from: the environment, containers, the testbed, or nowhere."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from deploy.testbed.bed import Bed, default_cache
from tests.servers import containers

NEEDS = {
    "kafka": ("VEDETTE_TEST_KAFKA",),
    "timescale": ("VEDETTE_TEST_TIMESCALE",),
    "s3": ("VEDETTE_TEST_S3", "VEDETTE_TEST_S3_KEY", "VEDETTE_TEST_S3_SECRET"),
}
"""Each kind of server, and the variables that name one."""


class Missing(Exception):
    """No such server is to be had here; the text says what would help."""


class Sources:
    """Finds each kind of server once in a session, and ends at the session's end what it started."""

    def __init__(self) -> None:
        self._started = ExitStack()
        self._found: dict[str, dict[str, str] | Missing] = {}

    def find(self, kind: str) -> dict[str, str]:
        """The variables of `NEEDS[kind]` with their values; raises `Missing`."""
        if kind not in self._found:
            try:
                self._found[kind] = self._look(kind)
            except Missing as missing:
                self._found[kind] = missing
        found = self._found[kind]
        if isinstance(found, Missing):
            raise found
        return found

    @cached_property
    def bed(self) -> Bed:
        """The testbed, brought up; `Missing` unless `VEDETTE_TESTBED=native`."""
        may_install()
        named = os.environ.get("VEDETTE_TESTBED_FOLDER")
        if named:  # who named it takes it down
            bed = Bed(Path(named), default_cache())
        else:
            bed = Bed(Path(tempfile.mkdtemp(prefix="vedette-testbed-")), default_cache())
            self._started.callback(bed.down)
        bed.up()
        return bed

    def close(self) -> None:
        """End what was started."""
        self._started.close()

    def _look(self, kind: str) -> dict[str, str]:
        names = NEEDS[kind]
        have = {name: os.environ[name] for name in names if os.environ.get(name)}
        if have:
            if lacking := [name for name in names if name not in have]:
                raise Missing(f"{', '.join(have)} is set, but {', '.join(lacking)} is not")
            return have
        if native():
            return {name: value for name, value in self.bed.environment().items() if name in names}
        start: Callable[[ExitStack], list[str]] | None = containers.STARTERS.get(kind)
        reason = containers.unavailable()
        if reason is None and start is not None:
            try:
                return dict(zip(names, start(self._started), strict=True))
            except containers.CannotStart as error:
                reason = str(error)
        raise Missing(f"set {', '.join(names)}, or VEDETTE_TESTBED=native; containers: {reason}")


def may_install() -> None:
    """Raise `Missing` unless the testbed may install itself here."""
    if not native():
        raise Missing("set VEDETTE_TESTBED=native (as root; it installs what it needs)")


def native() -> bool:
    """Whether the testbed may install itself here."""
    wish = os.environ.get("VEDETTE_TESTBED", "")
    if wish not in ("", "native"):
        raise ValueError(f"VEDETTE_TESTBED is {wish!r}; allowed are 'native' and nothing")
    return wish == "native"
