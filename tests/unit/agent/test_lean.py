"""The settings of the lean agent are those that were checked, and say their secret nowhere by accident."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from agent.lean import Plain, become_lean, decode, encode, plain
from vedette.settings import AgentSettings

GIVEN = AgentSettings.load(
    url="https://gateway.example:8420",
    token="vdt_not-a-real-one",
    source="web-1 é",
    interval_s=2.5,
    spool=Path("some/where"),
    host_root=Path("/host"),
    plugin_key="key",
    log_format="json",
    spool_max_mb=3,
)


def test_they_arrive_as_they_were() -> None:
    there = decode(encode(plain(GIVEN)))
    for name in Plain.__struct_fields__:
        if name != "token":
            assert getattr(there, name) == getattr(GIVEN, name), name
            assert type(getattr(there, name)) is type(getattr(GIVEN, name)), name
    assert GIVEN.token is not None
    assert there.token.get_secret_value() == GIVEN.token.get_secret_value()


def test_the_token_is_not_shown() -> None:
    assert "vdt_" not in f"{plain(GIVEN)} {plain(GIVEN)!r} {plain(GIVEN).token}"


@pytest.mark.parametrize("name", sorted(set(AgentSettings.model_fields) - set(Plain.__struct_fields__)))
def test_what_is_left_out_is_for_the_log_transport(name: str) -> None:
    assert name in {"log_url", "account"}


def test_where_it_cannot_be_done_the_process_goes_on_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not here")

    monkeypatch.setattr(os, "execve", refuse)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    descriptors = set(Path("/proc/self/fd").iterdir())
    become_lean(GIVEN)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    assert set(Path("/proc/self/fd").iterdir()) == descriptors
