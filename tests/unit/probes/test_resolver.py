"""Resolver: whose fault a failed look-up is."""

from __future__ import annotations

from pathlib import Path

import pytest

from probes.net.resolver import nameservers, own_fault


def test_name_servers_are_read_from_the_file(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text("# x\nsearch a b\nnameserver 127.0.0.53\nnameserver ::1\nnameserver\n")
    assert nameservers(conf) == ["127.0.0.53", "::1"]


def test_a_missing_file_names_none(tmp_path: Path) -> None:
    assert nameservers(tmp_path / "none") == []


@pytest.mark.parametrize("content", ["", "options edns0\n"])
def test_a_system_without_a_name_server_is_at_fault_itself(tmp_path: Path, content: str) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text(content)
    assert own_fault(conf) is not None


def test_a_name_server_that_cannot_be_reached_is_our_fault(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text("nameserver not-an-address\n")
    assert own_fault(conf) == "no route to a name server"


def test_with_a_route_to_a_name_server_the_fault_is_not_ours(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text("nameserver 127.0.0.1\n")
    assert own_fault(conf) is None
