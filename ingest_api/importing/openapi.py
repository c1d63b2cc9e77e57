"""OpenAPI: each GET operation of a version 3 document that needs nothing but its address."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from ingest_api.importing.documents import Document
from ingest_api.importing.entries import Entry, Parsed, Place, bound, written
from ingest_api.importing.reading import mapping, sequence, text
from vedette.errors import InvalidInput


def read_openapi(documents: list[Document], base: str | None) -> Parsed:
    """A monitor for each GET operation without path parameters; the others are passed over with their reason.

    `base` is where the API lives, if the document's first server does not say it in full. Required query parameters
    need an example or a default.
    """
    if len(documents) != 1:
        raise InvalidInput("body", f"{len(documents)} documents", "one document")
    document = documents[0]
    root = mapping("body", document.value)
    version = root.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        raise InvalidInput("openapi", version if version is not None else root.get("swagger"), "a version 3.x")
    title = text("info.title", mapping("info", root.get("info")).get("title", "API"))
    parsed = Parsed()
    for number, (path, item) in enumerate(mapping("paths", root.get("paths")).items(), 1):
        bound(number)
        where = ("paths", path, "get")
        place = Place(number, written(("paths", path)), document.line(where) or document.line(where[:2]))
        try:
            _take(parsed, place, root, title, path, mapping(f"paths.{path}", item), base)
        except InvalidInput as error:
            parsed.skip(place, str(error))
    return parsed


def _take(
    parsed: Parsed, place: Place, root: dict[str, Any], title: str, path: str, item: dict[str, Any], base: str | None
) -> None:
    if "get" not in item:
        parsed.skip(place, "has no GET operation")
        return
    operation = mapping("get", item["get"])
    if "{" in path:
        parsed.skip(place, "has parameters in its path")
        return
    parameters = [
        _resolved(root, one)
        for owner in (item, operation)
        for one in sequence("parameters", owner.get("parameters"))
    ]  # fmt: skip
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    for parameter in parameters:
        if not parameter.get("required"):
            continue
        value = _example(parameter)
        name, kind = text("parameters.name", parameter.get("name")), text("parameters.in", parameter.get("in"))
        if value is None or kind not in {"query", "header"}:
            parsed.skip(place, f"needs the {kind} parameter {name!r}, which has no example and no default")
            return
        (query if kind == "query" else headers)[name] = value
    url = _server(root, item, operation, base).rstrip("/") + quote(path, safe="/%:@!$&'()*+,;=-._~", errors="replace")
    fields: dict[str, Any] = {
        "name": f"{title}: GET {path}",
        "url": f"{url}?{urlencode(query, errors='replace')}" if query else url,
        "method": "GET",
        "expected_status": _statuses(operation),
    }
    if headers:
        fields["headers"] = headers
    notes = ["needs to be signed in: set `auth` or `headers`"] if _secured(root, operation) else []
    parsed.entries.append(Entry(place, fields, notes))


def _resolved(root: dict[str, Any], value: Any) -> dict[str, Any]:
    """A parameter, or what its reference within this document leads to."""
    found = mapping("parameters", value)
    reference = found.get("$ref")
    if reference is None:
        return found
    node: Any = root
    parts = reference.removeprefix("#/").split("/") if isinstance(reference, str) else []
    for part in parts:
        node = node.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
    if not isinstance(node, dict) or "$ref" in node:
        raise InvalidInput("$ref", reference, "a parameter within this document, as #/components/parameters/name")
    return node


def _example(parameter: dict[str, Any]) -> str | None:
    schema = mapping("schema", parameter.get("schema"))
    examples = list(mapping("examples", parameter.get("examples")).values())
    first = mapping("examples", examples[0]).get("value") if examples else None
    enum = schema.get("enum")
    candidates = (
        parameter.get("example"), first, schema.get("example"), schema.get("default"),
        enum[0] if isinstance(enum, list) and enum else None,
    )  # fmt: skip
    value = next((one for one in candidates if one is not None), None)
    return None if value is None or isinstance(value, dict | list) else text("example", value)


def _server(root: dict[str, Any], item: dict[str, Any], operation: dict[str, Any], base: str | None) -> str:
    """The address in full: of the operation, else of the path, else of the document, else of `base`."""
    servers = next((found for owner in (operation, item, root) if (found := owner.get("servers"))), None)
    server = mapping("servers[0]", sequence("servers", servers)[0]) if servers else {"url": "/"}
    url = text("servers[0].url", server.get("url"))
    for name, variable in mapping("servers[0].variables", server.get("variables")).items():
        default = mapping(f"servers[0].variables.{name}", variable).get("default", "")
        url = url.replace(f"{{{name}}}", text("default", default))
    if base is not None:
        url = urljoin(base if base.endswith("/") else base + "/", url.lstrip("/") if url.startswith("/") else url)
    try:
        whole = urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        whole = False
    if not whole or "{" in url:
        raise InvalidInput("servers[0].url", url, "an http:// or https:// URL, or give `base`: where the API lives")
    return url


def _statuses(operation: dict[str, Any]) -> list[str]:
    """The successes that the document names; any success where it names none."""
    named = [code.lower() for code in mapping("responses", operation.get("responses")) if code[:1] in {"2", "3"}]
    return named[:20] or ["2xx"]


def _secured(root: dict[str, Any], operation: dict[str, Any]) -> bool:
    wanted = operation.get("security", root.get("security"))
    return bool(wanted) and {} not in sequence("security", wanted)
