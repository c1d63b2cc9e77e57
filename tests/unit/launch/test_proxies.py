"""Proxies: those of the environment are never for a gateway on this machine."""

from __future__ import annotations

import pytest

from vedette.delivery.transport import may_use_proxy


@pytest.mark.parametrize("host", ["127.0.0.1:8420", "127.9.9.9", "[::1]:8420", "localhost:8420", "LOCALHOST"])
def test_a_gateway_on_this_machine_is_asked_directly(host: str) -> None:
    assert not may_use_proxy(f"http://{host}")


@pytest.mark.parametrize("host", ["10.0.0.1", "vedette.example", "[2001:db8::1]:8420", "localhost.example"])
def test_another_machine_may_be_behind_a_proxy(host: str) -> None:
    assert may_use_proxy(f"https://{host}")
