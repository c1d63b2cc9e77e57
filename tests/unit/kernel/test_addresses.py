"""Which addresses are public."""

from __future__ import annotations

import ipaddress

import pytest

from vedette.addresses import is_public


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_internet_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "100.100.100.200",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:169.254.169.254",
        "::ffff:168.63.129.16",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
    ],
)
def test_loopback_private_metadata_and_what_carries_them_are_not(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))
