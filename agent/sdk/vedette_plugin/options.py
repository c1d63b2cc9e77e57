"""Options: what was set for an instance, checked against what the plugin declares."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from vedette_plugin.metadata import Option

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


class OptionError(ValueError):
    """An option has a wrong value, is missing, or is not known; the text names it, and what is allowed."""


def read_options(declared: "Sequence[Option]", given: "Mapping[str, Any]") -> "dict[str, Any]":
    """Every declared option's value. Raises `OptionError`, which never repeats the value of a secret."""
    known = {option.name: option for option in declared}
    for name in given:
        if name not in known:
            raise OptionError(f"option {name}: not known; allowed: {', '.join(sorted(known)) or 'none'}")
    return {name: _read(option, given) for name, option in known.items()}


def _read(option: "Option", given: "Mapping[str, Any]") -> "Any":
    value = given.get(option.name)
    if value is None or (option.required and value == ""):
        if option.required:
            raise OptionError(f"option {option.name}: missing; {option.notes or 'it is required'}")
        return option.default
    kind = type(option.default)
    read = _READERS.get(kind)
    if read is None:
        raise OptionError(f"option {option.name}: the plugin gives it a default of the type {kind.__name__}")
    try:
        return read(value)
    except (TypeError, ValueError):
        shown = "***" if option.secret else repr(value)
        if len(shown) > 80:  # not the beginning of it: a secret that is cut would no longer be known as one
            shown = f"a value of {len(shown)} characters"
        raise OptionError(f"option {option.name}: {shown} is not allowed; allowed: {_ALLOWED[kind]}") from None


def _text(value: "Any") -> str:
    if not isinstance(value, str | int | float):
        raise TypeError
    return str(value)


def _whole(value: "Any") -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)


def _number(value: "Any") -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError
    return number


def _switch(value: "Any") -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text not in _TRUE + _FALSE:
        raise ValueError
    return text in _TRUE


def _list(value: "Any") -> "list[str]":
    """A list, or text with commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise TypeError
    return [_text(part) for part in value]


def _table(value: "Any") -> "dict[str, Any]":
    """A table, or JSON text of one."""
    if isinstance(value, str):
        import json

        value = json.loads(value)
    if not isinstance(value, dict):
        raise TypeError
    return value


_READERS: "dict[type, Any]" = {str: _text, int: _whole, float: _number, bool: _switch, list: _list, dict: _table}
_ALLOWED: "dict[type, str]" = {
    str: "text",
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    list: "a list of texts, or text with commas",
    dict: "a table",
}
