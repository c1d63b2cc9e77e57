"""One installation for all end-to-end tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.installation import Installation


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    # Not below pytest's own folder: each pytest that starts closes that to other users, and so to PostgreSQL's.
    with tempfile.TemporaryDirectory(prefix="vedette-e2e-") as folder:
        found = Installation(Path(folder) / "data")
        try:
            found.start()
            yield found
        finally:
            if found.process is not None:
                found.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    found = getattr(item, "funcargs", {}).get("installation")
    if report.failed and isinstance(found, Installation):  # type: ignore[attr-defined]
        report.sections.append(("installation", found.output()))  # type: ignore[attr-defined]
    return report  # type: ignore[return-value]
