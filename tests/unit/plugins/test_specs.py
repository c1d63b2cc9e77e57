"""Specs have limits, local files are read one by one, and a signature is good for one name and one source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.plugins.local import read_file, read_folder, signature
from vedette.errors import ConfigurationError, InvalidInput
from vedette.events.plugins import MAX_CODE, PluginCode, PluginSpec, check_spec, decode_spec
from vedette.events.signing import check_key, digest, make_key, public_key, read_key, sign, verdict, verify


def test_a_spec_comes_back_from_json() -> None:
    spec = PluginSpec("cache", "redis", options={"address": "x"}, interval_s=30)
    assert decode_spec(msgspec.json.encode(spec)) == spec


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "../x"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"plugin": "Redis"}, "plugin"),
        ({"plugin": "a-b"}, "plugin"),
        ({"interval_s": 0}, "interval_s"),
        ({"interval_s": float("nan")}, "interval_s"),
        ({"timeout_s": 301}, "timeout_s"),
        ({"memory_mb": 8}, "memory_mb"),
        ({"max_series": 0}, "max_series"),
        ({"max_series": 5001}, "max_series"),
        ({"options": {"a": "x" * 70_000}}, "options"),
        ({"code": PluginCode("", "0" * 64, "x")}, "code.source"),
        ({"code": PluginCode("x" * (MAX_CODE + 1), "0" * 64, "x")}, "code.source"),
        ({"code": PluginCode("\ud800", "0" * 64, "x")}, "code.source"),
        ({"code": PluginCode("x", "0" * 63, "x")}, "code.sha256"),
        ({"code": PluginCode("x", "0" * 64, "")}, "code.signature"),
    ],
)
def test_a_spec_beyond_its_limits_is_refused_with_the_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as told:
        check_spec(msgspec.structs.replace(PluginSpec("cache", "redis"), **fields))
    assert told.value.field == field


def test_a_spec_with_fields_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidInput, match="shell"):
        decode_spec(b'{"name": "a", "plugin": "b", "shell": "rm"}')


def test_a_local_file_is_one_instance_named_after_it(tmp_path: Path) -> None:
    (tmp_path / "cache.toml").write_text('plugin = "redis"\ninterval_s = 30\n[options]\naddress = "h:1"\n')
    (tmp_path / "redis.toml").write_text("")
    local = read_folder(tmp_path)
    assert local.faults == {}
    assert local.specs == [
        PluginSpec("cache", "redis", options={"address": "h:1"}, interval_s=30),
        PluginSpec("redis", "redis"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("interval_s = 0", "interval_s: 0"),
        ("interval_s = ", "TOML"),
        ('kind = "perl"', "Invalid enum value"),
        ('name = "other"', "the fields"),
        ("x" * 200_000, "at most"),
        ("a = " + "[" * 5_000, "TOML"),
        ("interval_s = " + "9" * 6_000, "TOML"),
    ],
)
def test_a_wrong_file_costs_only_its_own_instance(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    (tmp_path / "good.toml").write_text('plugin = "redis"')
    local = read_folder(tmp_path)
    assert [spec.name for spec in local.specs] == ["good"]
    assert told in local.faults["bad"]
    assert "bad.toml" in local.faults["bad"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        read_file(tmp_path / "none.toml")


def test_the_folder_s_signature_changes_with_its_files(tmp_path: Path) -> None:
    assert signature(tmp_path / "none") == ()
    before = signature(tmp_path)
    (tmp_path / "a.toml").write_text("x")
    assert signature(tmp_path) != before
    before = signature(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    assert signature(tmp_path) == before


def test_what_was_signed_is_good_and_nothing_else() -> None:
    pem, public = make_key()
    key = read_key(pem, "--key")
    assert public_key(key) == public
    code = sign(key, "shop", "print('hi')\n")
    verify(public, "shop", code)
    altered = msgspec.structs.replace(code, source="print('ho')\n")
    hashed_anew = msgspec.structs.replace(altered, sha256=digest(altered.source.encode()))
    other = make_key()[1]
    for key_text, name, bad in (
        (public, "other", code),
        (public, "shop", altered),
        (public, "shop", hashed_anew),
        (public, "shop", msgspec.structs.replace(code, signature="AAAA")),
        (public, "shop", msgspec.structs.replace(code, signature="not base64!")),
        (other, "shop", code),
    ):
        with pytest.raises(InvalidInput):
            verify(key_text, name, bad)
        assert verdict(key_text, name, bad.source, bad.sha256, bad.signature)
    assert verdict(public, "shop", code.source, code.sha256, code.signature) is None


@pytest.mark.parametrize("key", ["", "AAAA", "not base64!", "A" * 200])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="32 bytes in base64"):
        check_key("public_key", key)


def test_a_private_key_file_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigurationError) as told:
        read_key(b"-----BEGIN secret", "--key")
    assert "BEGIN" not in str(told.value)


def test_a_file_that_others_may_write_is_refused_for_it_may_name_commands(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for name in ("mine", "theirs"):
        (tmp_path / f"{name}.toml").write_text('plugin = "redis"')
    (tmp_path / "theirs.toml").chmod(0o666)
    local = read_folder(tmp_path)
    assert [spec.name for spec in local.specs] == ["mine"]
    assert "may be written by others" in local.faults["theirs"]
    before = signature(tmp_path)
    (tmp_path / "theirs.toml").chmod(0o644)
    assert signature(tmp_path) != before, "so it is read again"
    assert len(read_folder(tmp_path).specs) == 2
    before = signature(tmp_path)
    tmp_path.chmod(0o777)
    assert signature(tmp_path) != before
    assert read_folder(tmp_path).specs == []
