"""blackbox_exporter: its modules, applied to targets as Prometheus lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest_api.importing.documents import Document, Path
from ingest_api.importing.entries import Entry, Fault, Parsed, Place, bound, written
from ingest_api.importing.modules import module_fields
from ingest_api.importing.reading import interval, mapping, sequence, text
from vedette.errors import InvalidInput, shown
from vedette.events.check_series import KNOWN_LABELS

_USUAL = "http_2xx"
_LABELS = ("module", "__param_module")
_TAKEN = (*_LABELS, "name")
"""Labels that say something else about a target than what it belongs to."""
KNOWN = frozenset(KNOWN_LABELS)


@dataclass(frozen=True, slots=True)
class _Target:
    """An address to check, with what the file says about it."""

    document: Document
    path: Path
    address: Any
    labels: dict[str, Any]
    module: str | None = None
    interval: Any = None


def read_blackbox(documents: list[Document]) -> Parsed:
    """`modules` from one document, targets from it or others (divided by `---`).

    Targets are a list of addresses or of `{targets, labels}` groups (under `targets`, or a document of its own as in
    Prometheus's files), or the static ones of `scrape_configs` whose path is `/probe`. The module is the label
    `module`, or the job's parameter, or the only one that there is, or `http_2xx`.
    """
    modules: dict[str, Any] = {}
    for document in documents:
        if isinstance(document.value, dict):
            modules |= mapping("modules", document.value.get("modules"))
    if not modules:
        raise InvalidInput("modules", "<missing>", "a mapping of modules, as in blackbox.yml")
    targets = [target for document in documents for target in _targets(document)]
    if not targets:
        raise InvalidInput("targets", "<missing>", "addresses: `targets`, `scrape_configs`, or one more document")
    counted: dict[str, int] = {}
    for target in targets:
        counted[str(target.address)] = counted.get(str(target.address), 0) + 1
    parsed = Parsed()
    for number, target in enumerate(targets, 1):
        bound(number)
        place = Place(number, written(target.path), target.document.line(target.path))
        notes: list[str] = []
        try:
            parsed.entries.append(Entry(place, _fields(target, modules, counted, notes), notes))
        except InvalidInput as error:
            name = target.address if isinstance(target.address, str) else None
            parsed.faults.append(Fault(place, name, error.field, shown(error.value), error.allowed))
    return parsed


def _fields(target: _Target, modules: dict[str, Any], counted: dict[str, int], notes: list[str]) -> dict[str, Any]:
    address = text("targets", target.address)
    labelled = next((target.labels[label] for label in _LABELS if label in target.labels), target.module)
    chosen = text("labels.module", labelled) if labelled is not None else None
    if chosen is None:
        chosen = next(iter(modules)) if len(modules) == 1 else _USUAL
    if chosen not in modules:
        raise InvalidInput("module", chosen, ", ".join(modules))
    module = mapping(f"modules.{chosen}", modules[chosen])
    fields = module_fields(f"modules.{chosen}", module, address, notes)
    alone = counted[str(target.address)] == 1
    named = target.labels.get("name")
    fields["name"] = text("labels.name", named) if named is not None else address if alone else f"{address} ({chosen})"
    labels = {name: one for name, one in target.labels.items() if name not in _TAKEN and not name.startswith("__")}
    notes += [f"labels.{name}: not carried over; that label is Vedette's own" for name in sorted(labels.keys() & KNOWN)]
    if labels.keys() - KNOWN:
        fields["labels"] = {name: text(f"labels.{name}", one) for name, one in labels.items() if name not in KNOWN}
    if target.interval is not None:
        fields["interval_s"] = interval("scrape_interval", target.interval, notes)
    return fields


def _targets(document: Document) -> Iterator[_Target]:
    value = document.value
    if isinstance(value, list):
        yield from _groups(document, (), value)
        return
    root = mapping("body", value)
    if "targets" in root:
        yield from _groups(document, ("targets",), sequence("targets", root["targets"]))
    every = mapping("global", root.get("global")).get("scrape_interval")
    for number, one in enumerate(sequence("scrape_configs", root.get("scrape_configs"))):
        job = mapping(f"scrape_configs[{number}]", one)
        if job.get("metrics_path") != "/probe":
            continue
        modules = sequence("params.module", mapping("params", job.get("params")).get("module"))
        groups = sequence("static_configs", job.get("static_configs"))
        yield from _groups(
            document,
            ("scrape_configs", number, "static_configs"),
            groups,
            text("params.module", modules[0]) if modules else None,
            job.get("scrape_interval", every),
        )


def _groups(
    document: Document, path: Path, groups: list[Any], module: str | None = None, interval: Any = None
) -> Iterator[_Target]:
    for at, group in enumerate(groups):
        if not isinstance(group, dict):
            yield _Target(document, (*path, at), group, {}, module, interval)
            continue
        labels = mapping("labels", group.get("labels"))
        for number, address in enumerate(sequence("targets", group.get("targets"))):
            yield _Target(document, (*path, at, "targets", number), address, labels, module, interval)
