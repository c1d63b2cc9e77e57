"""A gateway for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.client.gateway import Gateway, serving


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serving() as found:
        yield found
