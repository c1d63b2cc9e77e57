"""Documents: texts of JSON and YAML as plain values, bounded, with the lines that their parts stand in."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from vedette.errors import InvalidInput

Path = tuple[str | int, ...]
MOST_NODES = 1_000_000
"""Values in a document, each counted as often as it is referred to: YAML's aliases can grow without bound."""


DEEPEST = 100
"""Levels of YAML: its C parser ends the whole process when they exceed the stack."""


def _no_line(path: Path) -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Document:
    """A value and a way to ask in which line (from 1 on) a part of it begins; None where that is not known."""

    value: Any
    line: Callable[[Path], int | None] = _no_line


def has_yaml() -> bool:
    """Whether this installation reads YAML."""
    return _yaml() is not None


def _yaml() -> ModuleType | None:
    try:
        return importlib.import_module("yaml")
    except ImportError:
        return None


def parse_json(text: str) -> Document:
    """One JSON document; `InvalidInput` with line and column if it is none, or if a key stands twice."""
    try:
        return Document(json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 10) : error.pos + 20]
        raise InvalidInput("body", near, f"JSON ({error.msg}: line {error.lineno}, column {error.colno})") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput("body", text[:40], f"JSON ({str(error)[:200]})") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:80]!r} stands twice in one object")
        found[key] = value
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def parse_any(text: str) -> list[Document]:
    """One JSON document, or all documents of a YAML text (which `---` divides)."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return [parse_json(text)]
        except InvalidInput:
            if not has_yaml():
                raise
    return parse_yaml(text)


def parse_yaml(text: str) -> list[Document]:
    """All documents of a YAML 1.1 text, plain types only; `InvalidInput` with the line if it cannot be read.

    JSON is read as well. A key that stands twice in a mapping is refused: one of the two would be lost.
    """
    yaml = _yaml()
    if yaml is None:
        if text.lstrip()[:1] in {"{", "["}:
            return [parse_json(text)]
        raise InvalidInput("format", "yaml", "JSON or CSV: this installation lacks PyYAML")
    make = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader = None
    found: list[Document] = []
    try:
        _check_depth(yaml, make, text)
        loader = make(text)
        while loader.check_node():
            node = loader.get_node()
            _check(yaml, node, {}, set())
            found.append(Document(loader.construct_document(node), _lines(yaml, node)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        raise InvalidInput("body", _line_of(text, mark), f"YAML ({place}{said[:200]})") from error
    except (RecursionError, ValueError, TypeError, OverflowError) as error:
        raise InvalidInput("body", text[:40], f"YAML of plain values ({str(error)[:200]})") from error
    finally:
        if loader is not None:
            loader.dispose()
    return found


def _check_depth(yaml: ModuleType, make: Any, text: str) -> None:
    """Refuse too many levels, from the parser's events alone: these come one by one, without recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=make):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                at = f"line {event.start_mark.line + 1}"
                raise InvalidInput("body", at, f"YAML of at most {DEEPEST} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line_of(text: str, mark: Any) -> str:
    lines = text.splitlines()
    return lines[mark.line].strip() if mark is not None and mark.line < len(lines) else ""


def _check(yaml: ModuleType, node: Any, sizes: dict[int, int], above: set[int]) -> int:
    """How many values `node` stands for; refuses rings, too many values, and keys that stand twice."""
    if id(node) in above:
        raise InvalidInput(
            "body", f"line {node.start_mark.line + 1}", "YAML whose aliases do not lead back to themselves"
        )
    if id(node) in sizes:
        return sizes[id(node)]
    children: list[Any] = []
    if isinstance(node, yaml.MappingNode):
        keys: set[tuple[str, str]] = set()
        for key, value in node.value:
            children += [key, value]
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if (key.tag, key.value) in keys:
                    at = f"{key.value[:80]} (line {key.start_mark.line + 1})"
                    raise InvalidInput("body", at, "a key that stands once in its mapping")
                keys.add((key.tag, key.value))
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    above.add(id(node))
    size = 1
    for child in children:
        size += _check(yaml, child, sizes, above)
        if size > MOST_NODES:
            raise InvalidInput("body", f"more than {MOST_NODES} values", f"at most {MOST_NODES}, aliases written out")
    above.discard(id(node))
    sizes[id(node)] = size
    return size


def _lines(yaml: ModuleType, root: Any) -> Callable[[Path], int | None]:
    def line(path: Path) -> int | None:
        node = root
        for part in path:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                node = node.value[part]
            elif isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == part), None)
            else:
                return None
        return None if node is None else int(node.start_mark.line) + 1

    return line
