"""Signing in, staying signed in, signing out."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie

import httpx
import pytest

from ingest_api.limits import FREE_FAILURES, WINDOW_S
from tests.integration.gateway.reports import fault, problem
from tests.integration.gateway.server import PASSWORD, Gateway
from vedette.auth.tokens import ACCESS_S


def sign_in(gateway: Gateway, email: str | None = None, password: str = PASSWORD) -> httpx.Response:
    with httpx.Client(base_url=gateway.url) as browser:  # its cookies are its own
        return browser.post("/v1/auth/login", json={"email": email or gateway.ours.email, "password": password})


def refresh(gateway: Gateway, token: str) -> httpx.Response:
    with httpx.Client(base_url=gateway.url) as browser:
        return browser.post("/v1/auth/refresh", json={"refresh_token": token})


def cookies_of(answer: httpx.Response) -> dict[str, Morsel[str]]:
    found: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        found.load(header)
    return dict(found)


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture(autouse=True)
def _limits_forgotten(gateway: Gateway) -> None:
    gateway.clock.advance(WINDOW_S + 1)


def test_a_right_password_gives_tokens_that_work(gateway: Gateway) -> None:
    answer = sign_in(gateway)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == ACCESS_S
    me = gateway.client.get("/v1/me", headers=bearer(answer)).json()
    assert (me["email"], me["account"]["name"], me["scopes"]) == (gateway.ours.email, "ours", ["admin"])


def test_the_address_may_be_written_in_capitals(gateway: Gateway) -> None:
    assert sign_in(gateway, f" {gateway.ours.email.upper()} ").status_code == 200


@pytest.mark.parametrize(
    ("email", "password"), [("ours@example.org", "a wrong password"), ("nobody@example.org", PASSWORD), ("", "")]
)
def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(gateway: Gateway, email: str, password: str) -> None:
    answer = gateway.client.post("/v1/auth/login", json={"email": email, "password": password})
    assert problem(answer, 401, "not-authenticated")["detail"] == "e-mail address or password is wrong"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "set-cookie" not in answer.headers


def test_after_too_many_failures_even_the_right_password_must_wait(gateway: Gateway) -> None:
    for _ in range(FREE_FAILURES):
        assert sign_in(gateway, password="wrong").status_code == 401
    answer = sign_in(gateway)
    problem(answer, 429, "overloaded")
    assert 1 <= int(answer.headers["Retry-After"]) <= WINDOW_S
    gateway.clock.advance(int(answer.headers["Retry-After"]))
    assert sign_in(gateway).status_code == 200


def test_a_success_forgets_the_failures_before_it(gateway: Gateway) -> None:
    for _ in range(3):
        for _ in range(FREE_FAILURES - 1):
            assert sign_in(gateway, password="wrong").status_code == 401
        assert sign_in(gateway).status_code == 200


def test_cookies_cannot_be_read_by_scripts_or_sent_by_other_sites(gateway: Gateway) -> None:
    answer = sign_in(gateway)
    cookies = cookies_of(answer)
    assert {(name, c["path"]) for name, c in cookies.items()} == {
        ("vedette_refresh", "/v1/auth"),
        ("vedette_stream", "/v1"),
    }
    for cookie in cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "strict"
        assert not cookie["secure"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_cookies_are_for_https_only_where_the_settings_say_so(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.context, "settings", gateway.settings.model_copy(update={"secure_cookies": True}))
    assert all(cookie["secure"] for cookie in cookies_of(sign_in(gateway)).values())


def test_a_refresh_token_gives_the_next_one_and_is_used_up(gateway: Gateway) -> None:
    first = sign_in(gateway).json()["refresh_token"]
    answer = refresh(gateway, first)
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != first
    assert gateway.client.get("/v1/me", headers=bearer(answer)).status_code == 200
    problem(refresh(gateway, first), 401, "not-authenticated")


def test_using_an_old_refresh_token_ends_the_whole_family_and_no_other(gateway: Gateway) -> None:
    other = sign_in(gateway).json()["refresh_token"]
    first = sign_in(gateway).json()["refresh_token"]
    second = refresh(gateway, first).json()["refresh_token"]
    third = refresh(gateway, second).json()["refresh_token"]
    problem(refresh(gateway, first), 401, "not-authenticated")
    problem(refresh(gateway, third), 401, "not-authenticated")
    assert refresh(gateway, other).status_code == 200


def test_browsers_refresh_by_their_cookie(gateway: Gateway) -> None:
    with httpx.Client(base_url=gateway.url) as browser:
        browser.post("/v1/auth/login", json={"email": gateway.ours.email, "password": PASSWORD})
        before = browser.cookies["vedette_refresh"]
        assert browser.post("/v1/auth/refresh").status_code == 200
        assert browser.cookies["vedette_refresh"] != before


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}, {"refresh_token": ""}, {"refresh_token": "x"}])
def test_without_a_session_there_is_nothing_to_refresh(gateway: Gateway, body: dict[str, str] | None) -> None:
    problem(gateway.client.post("/v1/auth/refresh", json=body), 401, "not-authenticated")


def test_signing_out_ends_the_session_and_takes_the_cookies_back(gateway: Gateway) -> None:
    with httpx.Client(base_url=gateway.url) as browser:
        login = browser.post("/v1/auth/login", json={"email": gateway.ours.email, "password": PASSWORD})
        answer = browser.post("/v1/auth/logout")
        assert answer.status_code == 204
        assert all(cookie["max-age"] == "0" for cookie in cookies_of(answer).values())
        assert not browser.cookies
    problem(refresh(gateway, login.json()["refresh_token"]), 401)


def test_signing_out_without_a_session_is_no_error(gateway: Gateway) -> None:
    assert gateway.client.post("/v1/auth/logout").status_code == 204


def test_an_access_token_works_until_its_time_is_over_and_no_longer(gateway: Gateway) -> None:
    header = bearer(sign_in(gateway))
    gateway.clock.advance(ACCESS_S - 1)
    assert gateway.client.get("/v1/me", headers=header).status_code == 200
    gateway.clock.advance(1)
    answer = gateway.client.get("/v1/me", headers=header)
    assert problem(answer, 401, "not-authenticated")["detail"] == "the access token has expired"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "a@b"}, "password"),
        ({"password": "x"}, "email"),
        ({"email": 7, "password": "x"}, "email"),
        ({"email": "a@b", "password": "x" * 1025}, "password"),
        ({"email": "a@b", "password": "x", "remember": True}, "remember"),
    ],
)
def test_a_login_with_wrong_fields_names_them(gateway: Gateway, body: dict[str, object], field: str) -> None:
    answer = gateway.client.post("/v1/auth/login", json=body)
    fault(answer, field)
    assert "x" * 100 not in answer.text
