"""Running: one order carried out inside a plugin's own process, and what may go wrong as part of the answer.

An order is `{"mode": "run", "path" or "source": …, "options": {}, "memory": {}, "timeout_s": …, "max_series": …}` or
`{"mode": "describe", "paths": […]}`; the answer is one JSON object, as the functions below tell.
"""

import sys
import traceback

from vedette_plugin.plugin import Plugin, PluginError, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

MOST_TRACE = 2000
MOST_TEXTS = 20
"""So many alerts, and so many errors, of one run are kept."""


def carry_out(order: "dict[str, Any]", codes: "dict[str, CodeType]") -> "dict[str, Any]":
    """The answer to an order. `codes` are files that are compiled already."""
    if order["mode"] == "describe":
        return {"plugins": [describe(path, codes) for path in order["paths"]]}
    return run(order, codes)


def run(order: "dict[str, Any]", codes: "dict[str, CodeType]") -> "dict[str, Any]":
    """`{values, alerts, errors, over, memory, secrets, failure, modules}`; with a `failure` nothing else counts.

    `values` are `[metric, number as text, kind, labels]`, `secrets` the names of secret options, `modules` what the
    plugin loaded.
    """
    before = set(sys.modules)
    secrets: list[str] = []
    try:
        kind = load(order, codes)
        secrets = [option.name for option in kind.options if option.secret]
        plugin = kind(order["options"], order["memory"], timeout_s=order["timeout_s"], max_series=order["max_series"])
        plugin.descriptors = tuple(order.get("descriptors", ()))
        plugin.run()
    except BaseException as error:  # noqa: BLE001 - whatever a plugin raises, it becomes its state
        return {"failure": failure_of(error), "secrets": secrets}
    return {
        "values": plugin.values,
        "alerts": bounded(plugin.alerts),
        "errors": plugin.errors[:MOST_TEXTS],
        "over": plugin.over,
        "memory": plugin.memories,
        "secrets": secrets,
        "failure": None,
        "modules": sorted(set(sys.modules) - before),
    }


def bounded(alerts: list[list[str]]) -> list[list[str]]:
    """At most `MOST_TEXTS`; if there are more, the last says how many were left out."""
    if len(alerts) <= MOST_TEXTS:
        return alerts
    kept = alerts[: MOST_TEXTS - 1]
    return [*kept, [f"{len(alerts) - len(kept)} more alerts", f"a run may have {MOST_TEXTS}; the others were left out"]]


def failure_of(error: BaseException) -> list[str]:
    """Subject and body of what ended a run. The trace is left out where the subject says all."""
    if isinstance(error, PluginError):
        return [error.subject, error.body]
    if isinstance(error, MemoryError):
        return ["it needed more memory than it may have", ""]
    if isinstance(error, OSError):
        return [told(error), ""]
    return [told(error), "".join(traceback.format_exception(error))[-MOST_TRACE:]]


def describe(path: str, codes: "dict[str, CodeType]") -> "dict[str, Any]":
    """What a plugin's file says about itself; `{path, failure}` if it cannot be loaded."""
    try:
        kind = load({"path": path}, codes)
        doc = sys.modules[kind.__module__].__doc__ or kind.__doc__ or ""
        return {
            "path": path,
            "name": kind.name,
            "title": kind.title,
            "section": kind.section,
            "notes": doc.strip().partition("\n")[0],
            "options": [option.as_dict() for option in kind.options],
            "metrics": [metric.as_dict() for metric in kind.metrics],
        }
    except BaseException as error:  # noqa: BLE001 - so that one bad file does not hide the others
        return {"path": path, "failure": failure_of(error)}


def load(order: "dict[str, Any]", codes: "dict[str, CodeType]") -> type[Plugin]:
    """The one class of a plugin's file or source text that is a `Plugin`; `PluginError` if there is not just one."""
    path = order.get("path")
    name = f"plugin_{len(sys.modules)}"
    code = codes.get(path) if path is not None else None
    if code is None:
        code = compile_plugin(path, order.get("source"))
    module = type(sys)(name)
    module.__file__ = path
    sys.modules[name] = module  # where pickling, and tracebacks, look a class up
    exec(code, module.__dict__)  # noqa: S102 - to run a plugin is what this process is for
    found = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Plugin) and kind.__module__ == name
    ]
    ends = [kind for kind in found if not any(kind is not other and issubclass(other, kind) for other in found)]
    if len(ends) != 1:
        raise PluginError(f"a plugin's file has one subclass of Plugin, not {len(ends)}")
    return ends[0]


def compile_plugin(path: str | None, source: str | None) -> "CodeType":
    """The code of a file, or of a source text."""
    if path is None:
        return compile(source or "", "<plugin>", "exec")
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs more to import than all of this
        return compile(file.read(), path, "exec")
