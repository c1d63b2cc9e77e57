"""Addresses: which IP addresses belong to the public Internet."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_CLOUDS = frozenset(
    ipaddress.IPv4Address(text)
    for text in (
        "168.63.129.16",  # Azure: the host of a virtual machine, under an address that looks public
        "192.0.0.192",  # Oracle Cloud Classic: metadata
    )
)
_NEVER_PUBLIC = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::/96",  # IPv4-compatible, deprecated by RFC 4291
        "64:ff9b:1::/48",  # NAT64 of a site's own, RFC 8215
        "2001::/32",  # Teredo, RFC 4380: a tunnel to whatever client address it names
        "fec0::/10",  # site-local, deprecated by RFC 3879
    )
)


def is_public(address: Address) -> bool:
    """Whether packets to the address leave for the public Internet.

    An IPv6 address that carries one of IPv4 (mapped, 6to4, NAT64) is as public as what it carries: a gateway on the
    way would unpack it. Loopback, private, link-local (where most clouds serve their metadata), shared and multicast
    addresses are not public, nor those outside of these at which some clouds serve it.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _NEVER_PUBLIC):
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and address not in _CLOUDS
