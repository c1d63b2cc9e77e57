"""Who this machine is: its fingerprint, the identity that enrolment gave, and when it slept."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.fleet.facts import read_facts
from agent.fleet.fingerprint import boot, fingerprint
from agent.fleet.identity import Identity, read_identity, with_identity, write_identity
from agent.fleet.jumps import Jump, Jumps
from vedette.clock import FakeClock
from vedette.errors import ConfigurationError
from vedette.settings import AgentSettings

MACHINE_ID = "0123456789abcdef0123456789abcdef"
MINE = Identity("http://gateway:8420", "web-1", "vdt_mine", 1, "print")


def host(root: Path, machine_id: str | None = None, *cards: str) -> Path:
    (root / "etc").mkdir(parents=True)
    if machine_id is not None:
        (root / "etc" / "machine-id").write_text(machine_id + "\n")
    for number, address in enumerate(cards):
        card = root / "sys" / "class" / "net" / f"eth{number}"
        (card / "device").mkdir(parents=True)
        (card / "address").write_text(address + "\n")
    return root


def test_the_fingerprint_is_the_machine_ids_and_does_not_show_it(tmp_path: Path) -> None:
    one = fingerprint(host(tmp_path / "one", MACHINE_ID, "02:00:00:00:00:01"))
    same = fingerprint(host(tmp_path / "same", MACHINE_ID, "02:00:00:00:00:02"))
    other = fingerprint(host(tmp_path / "other", MACHINE_ID[::-1]))
    assert one == same != other
    assert MACHINE_ID not in one
    assert len(one) == 32


@pytest.mark.parametrize("machine_id", [None, "", "uninitialized"])
def test_without_a_machine_id_it_is_the_network_cards(tmp_path: Path, machine_id: str | None) -> None:
    one = fingerprint(host(tmp_path / "one", machine_id, "02:00:00:00:00:01", "02:00:00:00:00:02"))
    turned = fingerprint(host(tmp_path / "turned", machine_id, "02:00:00:00:00:02", "02:00:00:00:00:01"))
    other = fingerprint(host(tmp_path / "other", machine_id, "02:00:00:00:00:03"))
    assert one == turned != other


def test_virtual_cards_do_not_count(tmp_path: Path) -> None:
    root = host(tmp_path / "one", None, "02:00:00:00:00:01")
    before = fingerprint(root)
    bridge = root / "sys" / "class" / "net" / "docker0"
    bridge.mkdir()
    (bridge / "address").write_text("02:42:00:00:00:01")
    assert fingerprint(root) == before


def test_without_anything_there_still_is_a_fingerprint_and_no_boot(tmp_path: Path) -> None:
    assert len(fingerprint(tmp_path)) == 32
    assert boot(tmp_path) == ""


def test_the_facts_of_a_mounted_host_are_that_hosts(tmp_path: Path) -> None:
    root = host(tmp_path)
    (root / "etc" / "hostname").write_text("inner\n")
    (root / "etc" / "os-release").write_text('NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12"\n')
    facts = read_facts(root)
    assert facts["hostname"] == "inner"
    assert facts["os"] == "Debian GNU/Linux 12"
    assert facts["in_container"] is True
    assert "virtual" not in facts


def test_the_identity_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    assert read_identity(tmp_path) is None
    path = write_identity(tmp_path / "new", MINE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_identity(tmp_path / "new") == MINE


def test_a_file_that_holds_no_identity_is_named(tmp_path: Path) -> None:
    (tmp_path / "agent.identity.json").write_text("{}")
    with pytest.raises(ConfigurationError, match=r"VEDETTE_SPOOL.*vedette agent enrol"):
        read_identity(tmp_path)


def settings(folder: Path, **given: object) -> AgentSettings:
    return AgentSettings.load(spool=folder, **given)


def test_what_enrolment_gave_completes_the_settings(tmp_path: Path) -> None:
    write_identity(tmp_path, MINE)
    found = with_identity(settings(tmp_path, interval_s=7))
    assert found.token is not None
    assert (found.url, found.source, found.token.get_secret_value()) == (MINE.url, "web-1", "vdt_mine")
    assert found.interval_s == 7


def test_a_url_that_is_given_goes_before_the_enrolments(tmp_path: Path) -> None:
    write_identity(tmp_path, MINE)
    assert with_identity(settings(tmp_path, url="http://moved:1")).url == "http://moved:1"


def test_a_token_that_is_given_goes_before_the_identity(tmp_path: Path) -> None:
    write_identity(tmp_path, MINE)
    given = settings(tmp_path, token="vdt_given", source="other")
    assert with_identity(given) is given


def test_a_name_that_is_not_the_enrolled_one_is_refused(tmp_path: Path) -> None:
    write_identity(tmp_path, MINE)
    assert with_identity(settings(tmp_path, source="web-1")).source == "web-1"
    with pytest.raises(ConfigurationError, match="VEDETTE_SOURCE: 'other' is not allowed; allowed: 'web-1'"):
        with_identity(settings(tmp_path, source="other"))


class Three:
    """The wall clock and the monotonic one, and the one that runs on in sleep."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.asleep = 0.0
        self.jumps = Jumps(self.clock, lambda: self.clock.monotonic() + self.asleep)

    def sleep(self, seconds: float) -> None:
        self.asleep += seconds
        self.step(seconds)

    def step(self, seconds: float) -> None:
        monotonic = self.clock.monotonic()
        self.clock.advance(seconds)
        self.clock._monotonic = monotonic


def test_time_that_passes_is_no_jump() -> None:
    three = Three()
    three.clock.advance(3600)
    assert three.jumps.look() is None


def test_a_suspended_host_has_slept_and_its_clock_was_not_set() -> None:
    three = Three()
    three.clock.advance(60)
    three.sleep(7200)
    assert three.jumps.look() == Jump(7200.0, 0.0)
    assert three.jumps.look() is None, "it is told once"


@pytest.mark.parametrize("seconds", [7200.0, -7200.0])
def test_a_clock_that_is_set_is_no_sleep(seconds: float) -> None:
    three = Three()
    three.clock.advance(60)
    three.step(seconds)
    assert three.jumps.look() == Jump(0.0, seconds)


def test_a_clock_that_is_steered_a_little_is_no_jump() -> None:
    three = Three()
    three.clock.advance(60)
    three.step(2.0)
    assert three.jumps.look() is None
