"""A testbed and a site of this suite's own: here servers and processes are killed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.testbed.bed import Bed, default_cache
from tests.failures.site import Site


@pytest.fixture(scope="module")
def site(native_testbed: None) -> Iterator[Site]:
    """Everything, running: one broker, and the flow of the endpoints as two processes."""
    with tempfile.TemporaryDirectory(prefix="vedette-failures-") as name:
        folder = Path(name)
        bed = Bed(folder / "bed", default_cache())
        try:
            bed.up()
            site = Site(bed, folder, clusters=("endpoints",))
            try:
                site.start()
                site.start_senders()
                yield site
            finally:
                site.close()
        finally:
            bed.down()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    found = getattr(item, "funcargs", {}).get("site")
    if report.failed and isinstance(found, Site):  # type: ignore[attr-defined]
        said = [f"== {path.stem}\n{found.keeper.output(path.stem, 500)}" for path in sorted(found.folder.glob("*.log"))]
        said += [f"ended unasked: {found.keeper.died}", *found.keeper.last_words]
        report.sections.append(("site", "\n".join(said)))  # type: ignore[attr-defined]
    return report  # type: ignore[return-value]
