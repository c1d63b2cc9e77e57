"""JSON: numbers out of what a URL answers or a command prints, by a mapping of paths to metrics."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from agent.plugins.kinds.nagios import split_command
from vedette_plugin import Option, Plugin, PluginError
from vedette_plugin.command import output
from vedette_plugin.http import fetch

KINDS = ("gauge", "counter", "delta")
_STEP = re.compile(r"\.?([A-Za-z0-9_\-:@$ ]+|\*)|\[(\d+|\*)\]|\[\"([^\"]*)\"\]")
_ODD = re.compile(r"[^A-Za-z0-9_]")
_FIELDS = {"path", "kind", "scale", "each", "labels"}

Steps = list[str | int | None]
"""Keys and places; None: each of them."""


class JsonPlugin(Plugin):
    """A document with numbers.

    `values` maps a metric to a path (`queues[0].length`), or to a table: `path`, `kind`, `scale` (a factor), `each` (a
    path with `*`, relative to which `path` and the labels' paths are, `@key` being the key or place), `labels`. Without
    `values` every number of the document becomes a metric, named after its path.
    """

    name = "json"
    title = "JSON document"
    section = "Documents"
    options = (
        Option("url", "", "where the document is; or a command"),
        Option("command", [], "what prints it: a list, or text as in a shell's line"),
        Option("values", {}, "a table: metrics, and where their numbers stand"),
        Option("headers", {}, "a table: headers of the request"),
        Option("user", "", "for basic authentication"),
        Option("password", "", "the same", secret=True),
        Option("token", "", "a bearer token", secret=True),
        Option("verify", True, "check the certificate"),
    )

    def run(self) -> None:
        """Get the document, and report what the mapping names."""
        document = self._document()
        mapping = self.option("values")
        if not mapping:
            for name, number in flattened(document):
                self.report(name, number)
            return
        for metric, entry in mapping.items():
            self._entry(metric, {"path": entry} if isinstance(entry, str) else entry, document)

    def _document(self) -> Any:
        url, command = self.option("url"), self.option("command")
        if bool(url) == bool(command):
            raise PluginError("either option url or option command must be given")
        text = self._fetched(url) if url else output(split_command(command), timeout_s=self.remaining_s())
        try:
            return json.loads(text)
        except ValueError as error:
            raise PluginError(f"this is not JSON: {error}", text[:200]) from error

    def _fetched(self, url: str) -> str:
        headers = {"Accept": "application/json", **{key: str(text) for key, text in self.option("headers").items()}}
        if self.option("token"):
            headers["Authorization"] = f"Bearer {self.option('token')}"
        login = {"user": self.option("user"), "password": self.option("password")}
        verify = self.option("verify")
        return fetch(url, timeout_s=self.remaining_s(), headers=headers, verify=verify, **login).text()

    def _entry(self, metric: str, entry: Any, document: Any) -> None:
        field = f"option values.{metric}"
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str) or entry.keys() - _FIELDS:
            raise PluginError(f"{field}: allowed: a path, or a table of {', '.join(sorted(_FIELDS))}")
        kind, scale, named = entry.get("kind", "gauge"), entry.get("scale", 1), entry.get("labels", {})
        if kind not in KINDS:
            raise PluginError(f"{field}.kind: {kind!r} is not allowed; allowed: {', '.join(KINDS)}")
        if isinstance(scale, bool) or not isinstance(scale, int | float):
            raise PluginError(f"{field}.scale: {scale!r} is not allowed; allowed: a number")
        steps = parse_path(entry["path"], field)
        label_steps = {label: parse_path(path, f"{field}.labels.{label}") for label, path in named.items()}
        found = 0
        for key, place in walk(document, parse_path(entry.get("each", ""), field)):
            labels = {label: _label(key, place, steps) for label, steps in label_steps.items()}
            for _, value in walk(place, steps):
                found += 1
                self._value(metric, value, kind, scale, labels)
        if not found:
            self.error(f"{field}: nothing is at {entry.get('each', '')} {entry['path']}".replace("  ", " "))

    def _value(self, metric: str, value: Any, kind: str, scale: float, labels: dict[str, str]) -> None:
        number = as_number(value)
        if number is None:
            self.error(f"option values.{metric}: there is no number but {str(value)[:60]!r}")
            return
        if kind == "counter":
            self.counter(metric, number * scale, **labels)
        elif kind == "delta":
            self.increase(metric, number * scale, **labels)
        else:
            self.report(metric, number * scale, **labels)


def parse_path(text: str, field: str = "path") -> Steps:
    """The steps of `a.b[0].*["odd key"]`; a leading `$` stands for the document. `PluginError` for anything else."""
    steps: Steps = []
    rest = text.removeprefix("$")
    at = 0
    while at < len(rest):
        match = _STEP.match(rest, at)
        if match is None:
            raise PluginError(f"{field}: {text!r} is not allowed; allowed: a path such as queues[*].length")
        if match[2] is not None:
            steps.append(None if match[2] == "*" else int(match[2]))
        elif match[3] is not None:
            steps.append(match[3])
        else:
            steps.append(None if match[1] == "*" else match[1])
        at = match.end()
    return steps


def walk(document: Any, steps: Steps, key: str = "") -> Iterator[tuple[str, Any]]:
    """Key (of the last `*`) and value of everything at a path; nothing where it leads nowhere."""
    if not steps:
        yield key, document
        return
    step, rest = steps[0], steps[1:]
    if step is None:
        for name, value in members(document):
            yield from walk(value, rest, str(name))
    elif isinstance(step, int) and isinstance(document, list) and step < len(document):
        yield from walk(document[step], rest, key)
    elif isinstance(document, dict) and str(step) in document:
        yield from walk(document[str(step)], rest, key)


def members(document: Any) -> Iterable[tuple[str | int, Any]]:
    """Keys and values of an object, places and values of a list, nothing of anything else."""
    if isinstance(document, dict):
        return document.items()
    return enumerate(document) if isinstance(document, list) else ()


def _label(key: str, place: Any, steps: Steps) -> str:
    if steps == ["@key"]:
        return key
    return next((str(value) for _, value in walk(place, steps)), "")


def as_number(value: Any) -> float | None:
    """A number, also written as text; true is 1; None for anything else."""
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def flattened(document: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number and truth value, under the keys that lead to it, joined by dots."""
    if isinstance(document, dict | list):
        for key, value in members(document):
            part = _ODD.sub("_", str(key))
            yield from flattened(value, f"{name}.{part}" if name else part)
    elif isinstance(document, int | float) and name:
        yield name, float(document)
