"""What rules about hosts have in common: which hosts they mean."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from alerting.every_rule import RuleBase
from vedette.errors import InvalidInput
from vedette.events.selectors import parse_selector
from vedette.events.signals import Signal, source_of


def _of_hosts(value: str | None) -> str | None:
    allowed = 'conditions on source and role, as {role="db",source!~"test-.*"}'
    if value is None:
        return None
    try:
        value.encode()
        labels = {one.label for one in parse_selector(value).matchers}
    except (InvalidInput, UnicodeEncodeError) as error:
        raise ValueError(allowed) from error
    if not labels <= {"source", "role"}:
        raise ValueError(allowed)
    return value


Hosts = Annotated[str | None, AfterValidator(_of_hosts)]
"""A selector of hosts, by their name and their roles."""


class OfHosts(RuleBase):
    """A rule about hosts that a selector means, or about all."""

    hosts: Hosts = Field(
        default=None, description="which hosts, by source and role; null: all", examples=['{role="db"}']
    )

    def is_about(self, signal: Signal) -> bool:
        """Whether a host's signal is about one that the rule means by its name; roles may change."""
        return self.hosts is None or parse_selector(self.hosts).matches_source(source_of(signal.subject))

    def has_role(self, signal: Signal) -> bool:
        """Whether the host has the role that the rule asks for, if it does; it may have had it until now."""
        if self.hosts is None:
            return True
        return parse_selector(self.hosts).matches_series("host", str(signal.detail.get("roles") or "").split())
