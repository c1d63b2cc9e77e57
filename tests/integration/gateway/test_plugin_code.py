"""Plugin code: kept only if it is signed, listed without its text, and each account's own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from launch.commands import plugin as commands
from tests.integration.gateway.server import Gateway
from vedette.events.plugins import MAX_CODE
from vedette.events.signing import make_key, read_key, sign
from vedette.store import plugins

KEY = "/v1/account/plugin-key"


def keys() -> tuple[Any, str]:
    pem, public = make_key()
    return read_key(pem, "key"), public


def signed(key: Any, name: str, source: str = "x = 1\n", **changes: str) -> dict[str, Any]:
    return {**msgspec.to_builtins(sign(key, name, source)), **changes}


def test_signed_code_is_kept_replaced_and_removed(fresh: Gateway) -> None:
    key, public = keys()
    assert fresh.get(KEY).json() == {"public_key": None}
    assert fresh.call("PUT", KEY, "admin", json={"public_key": public}).json() == {"public_key": public, "unsigned": []}
    assert fresh.get(KEY).json() == {"public_key": public}
    made = fresh.call("PUT", "/v1/plugins/shop", "admin", json=signed(key, "shop", notes="queues"))
    assert made.status_code == 200, made.text
    assert made.json()["source"] == "x = 1\n"
    fresh.call("PUT", "/v1/plugins/shop", "admin", json=signed(key, "shop", "x = 2\n"))
    [listed] = fresh.get("/v1/plugins").json()["plugins"]
    assert (listed["name"], listed["bytes"], listed["notes"]) == ("shop", 6, "")
    assert "source" not in listed
    assert fresh.get("/v1/plugins/shop").json()["source"] == "x = 2\n"
    assert fresh.call("DELETE", "/v1/plugins/shop", "admin").status_code == 204
    assert fresh.get("/v1/plugins/shop").status_code == 404
    assert fresh.call("DELETE", "/v1/plugins/shop", "admin").status_code == 404


def test_without_a_key_nothing_is_taken(fresh: Gateway) -> None:
    answer = fresh.call("PUT", "/v1/plugins/shop", "admin", json=signed(keys()[0], "shop"))
    assert answer.status_code == 409
    assert "vedette plugin keygen" in answer.text


def test_what_is_not_signed_by_the_account_s_key_is_refused(fresh: Gateway) -> None:
    key, public = keys()
    fresh.call("PUT", KEY, "admin", json={"public_key": public})
    for body, field in (
        (signed(keys()[0], "shop"), "code.signature"),
        (signed(key, "other"), "code.signature"),
        ({**signed(key, "shop"), "source": "x = 3\n"}, "code.sha256"),
        (signed(key, "shop", signature="!"), "code.signature"),
    ):
        answer = fresh.call("PUT", "/v1/plugins/shop", "admin", json=body)
        assert answer.status_code == 422
        assert field in answer.text
    assert fresh.get("/v1/plugins").json() == {"plugins": []}


@pytest.mark.parametrize(
    ("name", "changes"),
    [("Shop", {}), ("shop", {"source": "x" * (MAX_CODE + 1)}), ("shop", {"source": "a\0b"}), ("shop", {"extra": "1"})],
)
def test_a_wrong_field_is_refused(fresh: Gateway, name: str, changes: dict[str, str]) -> None:
    key, public = keys()
    fresh.call("PUT", KEY, "admin", json={"public_key": public})
    answer = fresh.call("PUT", f"/v1/plugins/{name}", "admin", json={**signed(key, "shop"), **changes})
    assert answer.status_code == 422


def test_another_key_names_what_has_to_be_signed_again(fresh: Gateway) -> None:
    key, public = keys()
    fresh.call("PUT", KEY, "admin", json={"public_key": public})
    fresh.call("PUT", "/v1/plugins/shop", "admin", json=signed(key, "shop"))
    answer = fresh.call("PUT", KEY, "admin", json={"public_key": keys()[1]})
    assert answer.json()["unsigned"] == ["shop"]
    assert fresh.call("PUT", KEY, "admin", json={"public_key": "AAAA"}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", KEY), ("PUT", "/v1/plugins/shop"), ("DELETE", "/v1/plugins/shop")]
)
def test_only_an_admin_changes_code(gateway: Gateway, method: str, path: str) -> None:
    for scope in ("read", "agent", "ingest"):
        body = {} if method == "DELETE" else {"json": {"public_key": ""}}
        assert gateway.call(method, path, scope, **body).status_code == 403


def test_an_account_sees_only_its_own(fresh: Gateway) -> None:
    key, public = keys()
    fresh.call("PUT", KEY, "admin", json={"public_key": public})
    fresh.call("PUT", "/v1/plugins/shop", "admin", json=signed(key, "shop"))
    own = fresh.store.row("SELECT account_id FROM plugins")
    assert own is not None
    assert plugins.code_of(fresh.store, own["account_id"], "shop") is not None
    assert plugins.code_of(fresh.store, own["account_id"] + 1, "shop") is None
    assert plugins.public_key(fresh.store, own["account_id"] + 1) is None


def test_rules_of_a_plugin_are_made_once(
    fresh: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Client:
        def call(self, method: str, path: str, **given: Any) -> Any:
            return fresh.call(method, path, "admin", json=given.get("body")).json()

    monkeypatch.setattr(commands, "gateway", Client)
    commands.make_rules("redis", instance="cache", channel=[])
    made = fresh.get("/v1/rules").json()["rules"]
    assert len(made) == 6
    assert {rule["kind"] for rule in made} == {"threshold"}
    assert 'redis.used_ratio{instance="cache"}' in {rule["series"] for rule in made}
    commands.make_rules("redis", instance="cache", channel=[])
    assert len(fresh.get("/v1/rules").json()["rules"]) == 6
    assert "there already" in capsys.readouterr().out
