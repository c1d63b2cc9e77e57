"""Fleet: what agents and the gateway say to each other about the agents themselves: check-ins, configuration, orders.

A receiver passes over fields it does not know, for the other side may be newer; what it cannot read of a
configuration or of an order costs only that part.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from vedette.errors import InvalidInput
from vedette.events.codec import decode
from vedette.events.samples import MAX_SOURCE

PluginHealth = Literal["ok", "failing", "timeout", "disabled", "refused"]
Facts = dict[str, str | int | float | bool | None]
"""What an agent knows about its host, by name: `hostname`, `os`, `kernel`, `machine`, `cpus`, `memory_bytes`, …"""

MOST_FACTS, LONGEST_FACT = 60, 500
MOST_PLUGINS, MOST_ALERTS, LONGEST_TEXT = 200, 20, 2000
CHECKIN_S = 60.0
"""How often an agent checks in."""


class PluginAlert(msgspec.Struct, omit_defaults=True):
    """What a plugin wants people to read, said at `at_ms` (ms UTC)."""

    subject: str
    body: str
    at_ms: int


class PluginState(msgspec.Struct, omit_defaults=True):
    """A plugin instance as its agent sees it: when it last ran (ms UTC), for how long, and how many series it gave."""

    name: str
    state: PluginHealth
    error: str | None = None
    ran_ms: int = 0
    run_ms: float = 0.0
    series: int = 0
    alerts: list[PluginAlert] = msgspec.field(default_factory=list)


class Refusal(msgspec.Struct):
    """A part of a configuration that an agent did not take, and why; plugins are `plugins[NAME]`."""

    part: str
    reason: str


class Enrolment(msgspec.Struct, omit_defaults=True):
    """A host asks to be let in. `fingerprint` is a keyed hash of what tells this machine from others.

    With `reclaim` it takes over the source's name from a machine with another fingerprint, history and all.
    """

    token: str
    source: str
    fingerprint: str
    version: str
    facts: Facts = msgspec.field(default_factory=dict)
    reclaim: bool = False


class Enrolled(msgspec.Struct, omit_defaults=True):
    """The host was let in: its own token, and the account's public key (base64) for plugin code, if it has one."""

    source: str
    token: str
    account: int
    plugin_key: str | None = None


class CheckIn(msgspec.Struct, omit_defaults=True):
    """An agent reports itself, once a minute and when it is asked to.

    `epoch` is that of its reports, `boot` a keyed hash that is new at each start of the machine (empty: unknown),
    `clock_ms` its wall clock as it sends this, `boot_ms` when the machine started, `slept_ms` how long it was
    suspended since the last check-in. `config_version` is what it was last given, `refused` what it did not take of it.
    """

    source: str
    epoch: int
    fingerprint: str
    version: str
    clock_ms: int
    boot: str = ""
    boot_ms: int = 0
    slept_ms: int = 0
    config_version: str = ""
    facts: Facts | None = None
    plugins: list[PluginState] = msgspec.field(default_factory=list)
    refused: list[Refusal] = msgspec.field(default_factory=list)


class AgentConfig(msgspec.Struct, omit_defaults=True):
    """A host's central configuration; what is absent is as the agent's own settings say.

    The agent reads it part by part (`agent/fleet/configuration.py`), so that a part it cannot read costs only itself.
    `plugins` are `PluginSpec`s as JSON objects.
    """

    interval_s: float | None = None
    collectors: dict[str, bool] | None = None
    mask_arguments: bool | None = None
    plugins: list[dict[str, Any]] = msgspec.field(default_factory=list)
    statsd: dict[str, Any] | None = None


class CheckInAnswer(msgspec.Struct, omit_defaults=True):
    """What the gateway says to a check-in: its time, the configuration if the agent has another, and orders.

    `clone`: more than one machine reports under this identity.
    """

    server_ms: int
    config_version: str
    config: dict[str, msgspec.Raw] | None = None
    directives: list[msgspec.Raw] = msgspec.field(default_factory=list)
    clone: bool = False


class ConfigOrder(msgspec.Struct, tag_field="order", tag="config", omit_defaults=True):
    """Check in now: something was changed for this host."""

    account: int
    source: str


class RealtimeOrder(msgspec.Struct, tag_field="order", tag="realtime", omit_defaults=True):
    """Stream these groups and plugins (empty: all groups, no plugin) each second until `until_ms` (ms UTC).

    `token` is good for publishing frames of this session from this source, and for nothing else. The same session may
    be ordered again; it is still one. Ticks lie `phase_ms` after the full second.
    """

    account: int
    source: str
    session: str
    token: str
    until_ms: int
    groups: list[str] = msgspec.field(default_factory=list)
    plugins: list[str] = msgspec.field(default_factory=list)
    phase_ms: int = 0


class RealtimeEnd(msgspec.Struct, tag_field="order", tag="realtime_end", omit_defaults=True):
    """Stop streaming for this session; one that is not running is ended already."""

    account: int
    source: str
    session: str


class StandDown(msgspec.Struct, tag_field="order", tag="stand_down", omit_defaults=True):
    """Another machine holds this identity: report nothing until a check-in comes back without this order."""

    account: int
    source: str
    reason: str = ""


Order = ConfigOrder | RealtimeOrder | RealtimeEnd | StandDown
"""What an agent is told to do at once: over its control stream, or with the answer to its next check-in."""

_BEGINNING = b'{"order":"'
_orders = msgspec.json.Decoder(Order)
_enrolments = msgspec.json.Decoder(Enrolment)
_checkins = msgspec.json.Decoder(CheckIn)
_answers = msgspec.json.Decoder(CheckInAnswer)


def encode_order(order: Order) -> bytes:
    """The order as JSON; in the topic `vedette.control` it stands beside the orders for probes."""
    return msgspec.json.encode(order)


def is_order(data: bytes) -> bool:
    """Whether a message of `vedette.control` is for agents; all others are for probes."""
    return data.startswith(_BEGINNING)


def decode_order(data: bytes | memoryview) -> Order:
    """The order in `data`; `InvalidInput` for anything else."""
    found: Order = decode(_orders, data)
    return found


def decode_answer(data: bytes) -> CheckInAnswer:
    """A gateway's answer to a check-in; `InvalidInput` for anything else."""
    return decode(_answers, data)


def decode_enrolment(data: bytes) -> Enrolment:
    """The enrolment in `data`, within its limits; `InvalidInput` for anything else."""
    found = decode(_enrolments, data)
    _check_text("token", found.token, 200)
    check_source(found.source)
    _check_text("fingerprint", found.fingerprint, 128)
    _check_text("version", found.version, 100)
    _check_facts(found.facts)
    return found


def decode_checkin(data: bytes) -> CheckIn:
    """The check-in in `data`, within its limits; `InvalidInput` for anything else."""
    found = decode(_checkins, data)
    check_source(found.source)
    for field, text, most in (
        ("fingerprint", found.fingerprint, 128),
        ("version", found.version, 100),
    ):
        _check_text(field, text, most)
    for field, text in (("boot", found.boot), ("config_version", found.config_version)):
        _check_text(field, text, 128, least=0)
    for field, number in (("epoch", found.epoch), ("clock_ms", found.clock_ms), ("boot_ms", found.boot_ms)):
        if not 0 <= number < 1 << 62:
            raise InvalidInput(field, number, "an integer from 0 to 2^62")
    if not 0 <= found.slept_ms < 1 << 45:
        raise InvalidInput("slept_ms", found.slept_ms, "milliseconds from 0 on")
    _check_facts(found.facts or {})
    _check_plugins(found.plugins)
    if len(found.refused) > MOST_PLUGINS:
        raise InvalidInput("refused", f"{len(found.refused)} entries", f"at most {MOST_PLUGINS}")
    for number, refusal in enumerate(found.refused):
        _check_text(f"refused[{number}].part", refusal.part, 300)
        _check_text(f"refused[{number}].reason", refusal.reason, LONGEST_TEXT, least=0)
    return found


def check_source(source: str) -> None:
    """Raise `InvalidInput` for what is no source's name."""
    if not 1 <= len(source) <= MAX_SOURCE or not source.isprintable():
        raise InvalidInput("source", source, f"1 to {MAX_SOURCE} printable characters")


def _check_text(field: str, text: str, most: int, least: int = 1) -> None:
    if not least <= len(text) <= most or not storable(text):
        shown = "***" if field == "token" else text
        raise InvalidInput(field, shown, f"{least} to {most} characters, without NUL or lone surrogates")


def storable(text: str) -> bool:
    """Whether PostgreSQL and UTF-8 can hold `text`."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _check_facts(facts: Facts) -> None:
    if len(facts) > MOST_FACTS:
        raise InvalidInput("facts", f"{len(facts)} facts", f"at most {MOST_FACTS}")
    for name, value in facts.items():
        _check_text("facts", name, 60)
        if isinstance(value, str):
            _check_text(f"facts.{name}", value, LONGEST_FACT, least=0)


def _check_plugins(plugins: list[PluginState]) -> None:
    if len(plugins) > MOST_PLUGINS:
        raise InvalidInput("plugins", f"{len(plugins)} plugins", f"at most {MOST_PLUGINS}")
    for number, plugin in enumerate(plugins):
        at = f"plugins[{number}]"
        _check_text(f"{at}.name", plugin.name, 200)
        _check_text(f"{at}.error", plugin.error or "", LONGEST_TEXT, least=0)
        if len(plugin.alerts) > MOST_ALERTS:
            raise InvalidInput(f"{at}.alerts", f"{len(plugin.alerts)} alerts", f"at most {MOST_ALERTS}")
        for place, alert in enumerate(plugin.alerts):
            _check_text(f"{at}.alerts[{place}].subject", alert.subject, 300)
            _check_text(f"{at}.alerts[{place}].body", alert.body, LONGEST_TEXT, least=0)
            if not 0 <= alert.at_ms < 1 << 62:
                raise InvalidInput(f"{at}.alerts[{place}].at_ms", alert.at_ms, "an integer from 0 to 2^62")
