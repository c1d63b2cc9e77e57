"""Secrets are found on the host, only where they may be, and are masked in every form."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from agent.plugins.secrets import Mask, Place, resolve
from vedette.errors import InvalidInput

LOCAL = Place()


def test_references_become_what_they_name_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2\n")
    given = resolve(
        {"password": f"${{file:{tmp_path}/pw}}", "urls": ["http://u:${env:PW}@h"], "deep": {"a": "${env:PW}"}, "n": 1},
        LOCAL,
        {"PW": "swordfish"},
    )
    assert given.options == {
        "password": "hunter2",
        "urls": ["http://u:swordfish@h"],
        "deep": {"a": "swordfish"},
        "n": 1,
    }
    assert given.secrets == {"hunter2", "swordfish"}


@pytest.mark.parametrize("reference", ["${file:/does/not/exist}", "${env:NOBODY}", "${file:}"])
def test_a_reference_that_leads_nowhere_is_told_with_its_option(reference: str) -> None:
    with pytest.raises(InvalidInput) as told:
        resolve({"password": reference}, LOCAL, {})
    assert told.value.field == "options.password"
    assert told.value.value == reference


def test_from_the_gateway_only_the_folder_of_secrets_and_named_variables_can_be_reached(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "pw").write_text("hunter2")
    (tmp_path / "shadow").write_text("root")
    (folder / "link").symlink_to(tmp_path / "shadow")
    place = Place(folder, "VEDETTE_SECRET_")
    known = {"VEDETTE_SECRET_A": "swordfish", "VEDETTE_TOKEN": "vdt"}
    good = {"a": f"${{file:{folder}/pw}}", "b": "${env:VEDETTE_SECRET_A}"}
    assert resolve(good, place, known).options == {"a": "hunter2", "b": "swordfish"}
    for bad in (f"{tmp_path}/shadow", f"{folder}/../shadow", f"{folder}/link"):
        with pytest.raises(InvalidInput, match="came from the gateway"):
            resolve({"a": f"${{file:{bad}}}"}, place, known)
    with pytest.raises(InvalidInput, match="came from the gateway"):
        resolve({"a": "${env:VEDETTE_TOKEN}"}, place, known)


@pytest.mark.parametrize(
    "text",
    [
        "password is p@ss w0rd!",
        "url=http://u:p%40ss%20w0rd%21@h",
        "Authorization: " + base64.b64encode(b"p@ss w0rd!").decode(),
    ],
)
def test_a_secret_is_masked_as_it_is_and_as_it_is_written_elsewhere(text: str) -> None:
    masked = Mask(["p@ss w0rd!"])(text)
    assert "***" in masked
    assert "w0rd" not in masked


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert Mask(["abc", "abcdef"])("x abcdef y abc") == "x *** y ***"


def test_nothing_is_masked_without_secrets_and_none_that_is_too_short() -> None:
    assert Mask([])("text") == "text"
    assert Mask(["a", ""])("a banana") == "a banana"


def test_options_that_sound_secret_are_masked_before_the_plugin_has_said_so(tmp_path: Path) -> None:
    given = resolve({"db_password": "hunter2", "address": "localhost", "api_key": ["k3y!"]}, LOCAL, {})
    assert given.mask()("hunter2 at localhost with k3y!") == "*** at localhost with ***"
    assert given.mask(["address"])("localhost") == "***"
