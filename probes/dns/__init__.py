"""DNS checks: a question to one resolver over UDP, and over TCP where the answer is too long."""

from probes.dns.check import DnsCheck

__all__ = ["DnsCheck"]
