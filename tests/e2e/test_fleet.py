"""The agent of `vedette up` is one of the fleet: its host has facts, and a role steers it while it runs."""

from __future__ import annotations

import os
import socket

import pytest

from tests.e2e.installation import Installation, eventually
from vedette import VERSION

pytestmark = pytest.mark.e2e


def test_the_local_agent_checks_in_with_its_own_token_and_follows_a_role(installation: Installation) -> None:
    path = f"/v1/sources/{socket.gethostname()}"
    found = eventually("it has checked in", lambda: (body := installation.call("GET", path))["agent"] and body)
    assert found["agent"]["facts"]["cpus"] == os.cpu_count()
    assert found["agent"]["version"] == VERSION
    assert found["flags"] == []
    pid = installation.children()["agent"].pid
    installation.call("PUT", "/v1/roles/e2e", json={"collectors": {"absent": False}})
    installation.call("PUT", f"{path}/roles", json={"roles": ["e2e"]})
    refused = eventually("it says what it refuses", lambda: installation.call("GET", path)["agent"]["refused"])
    assert [refusal["part"] for refusal in refused] == ["collectors[absent]"]
    installation.call("DELETE", "/v1/roles/e2e")
    eventually("it has what it should", lambda: installation.call("GET", path)["agent"]["refused"] == [])
    assert installation.children()["agent"].pid == pid
