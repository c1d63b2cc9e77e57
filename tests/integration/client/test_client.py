"""The gateway's API as methods, over real HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.client.gateway import Gateway
from vedette_client import Misuse, VedetteClient
from vedette_client.errors import Conflict, NotAuthenticated, NotFound, Overloaded, Unreachable

SESSION = {"access_token": "first", "refresh_token": "again", "expires_in": 900, "token_type": "Bearer"}


def asked(gateway: Gateway) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _, _ in gateway.requests]


def test_models_are_listed_registered_versioned_and_staged(gateway: Gateway) -> None:
    gateway.routes["GET", "/v1/models"] = {"models": [{"id": 3}]}
    gateway.routes["POST", "/v1/models"] = (201, {"id": 3, "name": "churn"})
    with VedetteClient(gateway.url, "vdt_x") as client:
        assert client.models.list() == [{"id": 3}]
        assert client.models.register("churn", task="classification")["id"] == 3
        client.models.get(3)
        client.models.add_version(3, "1.0/b")
        client.models.set_stage(3, "1.0/b", "production")
    assert asked(gateway)[2:] == [
        ("GET", "/v1/models/3"), ("POST", "/v1/models/3/versions"), ("PUT", "/v1/models/3/versions/1.0%2Fb/stage"),
    ]  # fmt: skip
    assert json.loads(gateway.requests[1][3]) == {"name": "churn", "task": "classification"}
    assert gateway.requests[0][2]["Authorization"] == "Bearer vdt_x"


def test_references_are_uploaded_from_files_and_rows_and_taken_from_a_range(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "train.parquet"
    file.write_bytes(b"PAR1" * 50_000)
    gateway.routes["GET", "/v1/models/3/references"] = {"references": []}
    with VedetteClient(gateway.url, "vdt_x") as client:
        client.references.upload(3, file, version="1")
        client.references.upload(3, [{"a": 1}])
        client.references.from_range(3, datetime(2026, 1, 1, tzinfo=UTC), 1_767_312_000_000)
        assert client.references.list(3) == []
        with pytest.raises(Misuse, match=r"\.parquet"):
            client.references.upload(3, "train.xls")
    assert gateway.requests[0][1] == "/v1/models/3/references?version=1"
    assert gateway.requests[0][2]["Content-Type"] == "application/vnd.apache.parquet"
    assert gateway.requests[0][3] == file.read_bytes()
    assert json.loads(gateway.requests[1][3]) == {"rows": [{"a": 1}]}
    assert json.loads(gateway.requests[2][3]) == {"from": 1_767_225_600_000, "to": 1_767_312_000_000}


def test_drift_and_alerts_are_queries(gateway: Gateway) -> None:
    gateway.routes["GET", "/v1/alerts"] = {"alerts": [{"id": 1}]}
    with VedetteClient(gateway.url, "vdt_x") as client:
        client.drift(3, 1, 2, window="1h")
        assert client.alerts("firing") == [{"id": 1}]
        with pytest.raises(Misuse, match="zone"):
            client.drift(3, datetime(2026, 1, 1), 2)  # noqa: DTZ001 - this is what is wrong with it
    assert asked(gateway) == [
        ("GET", "/v1/models/3/drift?from=1&to=2&window=1h"), ("GET", "/v1/alerts?limit=200&state=firing"),
    ]  # fmt: skip


def test_a_user_signs_in_when_needed_and_the_session_is_renewed(gateway: Gateway) -> None:
    gateway.routes["POST", "/v1/auth/login"] = SESSION
    gateway.routes["POST", "/v1/auth/refresh"] = SESSION | {"access_token": "second"}
    gateway.routes["GET", "/v1/models"] = {"models": []}
    with VedetteClient(gateway.url, email="a@example", password="p") as client:
        client.models.list()
        gateway.answers.append(401)
        client.models.list()
    assert [path for _, path in asked(gateway)] == [
        "/v1/auth/login", "/v1/models", "/v1/models", "/v1/auth/refresh", "/v1/models",
    ]  # fmt: skip
    assert gateway.requests[-1][2]["Authorization"] == "Bearer second"


def test_errors_know_what_they_are_and_whether_trying_again_can_help(gateway: Gateway) -> None:
    gateway.headers["Retry-After"] = "9"
    client = VedetteClient(gateway.url, "vdt_x")
    for status, kind in ((401, NotAuthenticated), (404, NotFound), (409, Conflict)):
        gateway.answers.append(status)
        with pytest.raises(kind) as raised:
            client.models.list()
        assert not raised.value.retriable
    gateway.answers.append(429)
    with pytest.raises(Overloaded) as busy:
        client.models.list()
    assert (busy.value.retriable, busy.value.retry_after_s) == (True, 9.0)
    gateway.answers.append("cut")
    with pytest.raises(Unreachable):
        client.models.list()
    client.close()


@pytest.mark.parametrize("credentials", [{}, {"token": "t", "email": "e", "password": "p"}, {"email": "e"}])
def test_credentials_are_a_token_or_a_user(credentials: dict[str, str]) -> None:
    with pytest.raises(Misuse, match="credentials"):
        VedetteClient("http://gateway", **credentials)  # type: ignore[arg-type]
