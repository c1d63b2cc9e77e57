"""Problems: every error of the gateway as one body, `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import math
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from vedette.errors import InvalidInput, OfField, Unavailable, VedetteError, shown
from vedette.telemetry import get_logger

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Overloaded",
    500: "Internal error",
    503: "Unavailable",
}


def problem(
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem response; `errors` lists fields with `field`, `value` and `allowed`."""
    body: dict[str, Any] = {
        "type": f"urn:vedette:error:{code}",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return Response(msgspec.json.encode(body), status, headers, MEDIA_TYPE)


def of_error(error: VedetteError) -> Response:
    """The response for one of our own errors."""
    errors = None
    headers: dict[str, str] = {}
    if isinstance(error, InvalidInput):
        errors = [{"field": error.field, "value": shown(error.value), "allowed": error.allowed}]
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, str(error), errors, headers)


def _on_vedette_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, VedetteError)
    return of_error(error)


def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [_fault(found, error.body) for found in error.errors()]
    first = errors[0]
    detail = f"{first['field']}: {first['value']} is not allowed; allowed: {first['allowed']}"
    return problem(422, "invalid-input", detail, errors)


def _fault(found: dict[str, Any], body: Any) -> dict[str, Any]:
    """Field, value and what is allowed, from one of pydantic's complaints."""
    where, allowed, about = found["loc"], found["msg"].removeprefix("Value error, "), found.get("ctx", {})
    if found["type"] == "json_invalid":
        at = int(where[-1])
        near = body[max(0, at - 10) : at + 20] if isinstance(body, str) else ""
        return {"field": "body", "value": shown(near), "allowed": f"valid JSON ({about['error']})"}
    value = "<missing>" if found["type"] == "missing" else shown(found.get("input"))
    if found["type"].startswith("union_tag"):
        where = (*where, about["discriminator"].strip("'"))
        value = shown(about["tag"]) if "tag" in about else "<missing>"
        allowed = about.get("expected_tags", allowed)
    elif isinstance(error := about.get("error"), OfField):
        where, value = (*where, error.field), shown(error.value)
    return {"field": _path(where), "value": value, "allowed": allowed}


def _path(location: tuple[str | int, ...]) -> str:
    parts = location[1:] if len(location) > 1 and location[0] in {"body", "query", "path", "header"} else location
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "body"


def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}.get(error.status_code, "http-error")
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return problem(error.status_code, code, detail, headers=dict(error.headers or {}))


def _on_other_error(request: Request, error: Exception) -> Response:
    get_logger("gateway").error("request_failed", path=request.url.path, error=repr(error), exc_info=error)
    return problem(500, "internal", "the gateway failed; its log tells why")


def install(app: FastAPI) -> None:
    """Make `app` answer every error with a problem."""
    app.add_exception_handler(VedetteError, _on_vedette_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_other_error)
