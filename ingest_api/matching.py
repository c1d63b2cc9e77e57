"""Matches: what a rule is about now, so that nobody is surprised by one about nothing, or everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from alerting.rules import (
    AnyRule,
    ControlChart,
    Drift,
    Expressed,
    HostFlag,
    HostSilent,
    ModelMetric,
    ModelSilent,
    OfSeries,
    PluginNotice,
    Quality,
)
from alerting.rules.of_hosts import OfHosts
from alerting.rules.of_models import OfModels
from alerting.rules.of_monitors import OfMonitors
from ingest_api.context import Context
from vedette.events.check_series import CheckSeries, labels_in, matches, named
from vedette.events.patterns import matches_whole
from vedette.events.signals import Signal
from vedette.expressions.grouping import grouped, is_asked_of
from vedette.store import agents, models, monitors, watched_models
from vedette.store.alerts import monitor_tags
from vedette.store.roles import by_source
from vedette.store.series import sources

NOTHING = "matches nothing now"
_EXAMPLES = 5


class Matches(NamedTuple):
    """How many subjects there are now, what they are, and the first few; `everything`: all that there are.
    `warning`: what people should know before they rely on the rule."""

    subjects: int
    what: str
    everything: bool
    examples: list[str]
    warning: str | None

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return self._asdict()


class Matching:
    """Looks up what rules of an account are about; what it has read it uses for all of them."""

    def __init__(self, found: Context, account: int) -> None:
        self._store, self._catalogue, self._account = found.store, found.catalogue, account

    def of(self, spec: AnyRule) -> Matches:
        """What the rule is about now."""
        if isinstance(spec, OfSeries):
            name = named(spec.selector())
            return self._series(spec) if name is None else self._checks(spec, name)
        if isinstance(spec, Expressed):
            return self._expressed(spec)
        if isinstance(spec, HostSilent):
            names = [row["source"] for row in self._sources if row["interval_ms"]]
            return _chosen(
                "hosts that say how often they report",
                names,
                lambda name: _fits(spec.source, name) and self._is_host(spec, name),
            )
        if isinstance(spec, HostFlag):
            hosts = [row["source"] for row in self._agents]
            return _chosen("hosts with an agent", hosts, lambda name: self._is_host(spec, name))
        if isinstance(spec, PluginNotice):
            return self._plugins(spec)
        if isinstance(spec, Drift | ControlChart):
            return self._features(spec)
        if isinstance(spec, ModelSilent | Quality | ModelMetric):
            return self._of_models(spec)
        if spec.monitors is None:
            return self._numbered("monitor", spec.monitor, self._tags)
        chosen = [f"monitor {number}" for number in sorted(self._tags) if self._has_labels(spec, number)]
        return _told("monitors", chosen, len(chosen) == len(self._tags))

    def _series(self, spec: OfSeries) -> Matches:
        count, examples = 0, list[str]()
        for source, names in self._catalogue.names(self._account, spec.selector()):
            count += len(names)
            if len(examples) < _EXAMPLES:
                examples += [f"{source}/{name}" for name in sorted(names)[: _EXAMPLES - len(examples)]]
        everything = count > 1 and count >= self._all_series
        warning = f"matches everything: all {count:,} series" if everything else None if count else NOTHING
        return Matches(count, "series", everything, examples, warning)

    def _checks(self, spec: OfSeries, name: str) -> Matches:
        """Series of checks: of monitors, or of each location at which one was checked."""
        scope, _, measure = name.partition(".")
        places: list[tuple[int, str | None]] = [(number, None) for number in sorted(self._tags)]
        if scope == "check":
            states = monitors.states(self._store, self._account)
            places = [(number, one["location"]) for number in sorted(states) for one in states[number]]
        chosen = []
        for number, location in places:
            monitor, labels = self._tags.get(number, ("", ""))
            own = {**labels_in(labels), "name": monitor}
            if matches(spec.selector(), CheckSeries(number, location, measure), own):
                chosen.append(f"monitor {number}{'' if location is None else f' at {location}'}/{name}")
        return _told("series of checks", chosen, len(chosen) == len(places))

    def _has_labels(self, spec: OfMonitors, number: int) -> bool:
        name, labels = self._tags[number]
        return spec.has_labels(
            Signal("monitor", self._account, "", 0, detail={"monitor": number, "name": name, "labels": labels})
        )

    def _is_host(self, spec: OfHosts, name: str) -> bool:
        signal = Signal("host", self._account, f"source:{name}", 0)
        signal.detail["roles"] = " ".join(self._roles.get(name, ()))
        return spec.is_about(signal) and spec.has_role(signal)

    def _expressed(self, spec: Expressed) -> Matches:
        question = spec.question()
        names: dict[str, set[str]] = {}
        missing = []
        for selector, text in zip(question.expression.selectors, question.expression.names, strict=True):
            mine = {
                source: some
                for source, some in self._catalogue.names(self._account, selector)
                if is_asked_of(question, source) and (question.hosts is None or self._has_role(question.hosts, source))
            }
            for source, some in mine.items():
                names.setdefault(source, set()).update(some)
            if not mine and text not in missing:
                missing.append(text)
        subjects = [
            f"{source}{'/' if group.labels else ''}{','.join(value for _, value in group.labels)}"
            for source, some in sorted(names.items())
            for group in grouped(question, tuple(sorted(some))) or ()
        ]
        warning = f"{', '.join(missing)}: no series now" if missing and subjects else None if subjects else NOTHING
        what = f"combinations of {', '.join(spec.per)} on hosts" if spec.per else "hosts"
        return Matches(len(subjects), what, False, subjects[:_EXAMPLES], warning)

    def _has_role(self, hosts: Any, source: str) -> bool:
        return not hosts.names_role() or hosts.matches_series("host", self._roles.get(source, ()))

    def _plugins(self, spec: PluginNotice) -> Matches:
        def instances() -> Iterator[str]:
            for row in self._agents:
                yield from (f"{row['source']}/{plugin['name']}" for plugin in row["plugins"] or ())

        def fits(name: str) -> bool:
            source, _, plugin = name.rpartition("/")
            return _fits(spec.source, source) and _fits(spec.plugin, plugin) and self._is_host(spec, source)

        return _chosen("plugins on hosts", list(instances()), fits)

    def _features(self, spec: Drift | ControlChart) -> Matches:
        if spec.model is not None and spec.model not in self._models:
            return _none(f"model {spec.model} does not exist", "features of models")
        known = watched_models.features(self._store, self._account)
        chosen = [f"{self._models[model]}/{name}" for model, name in known
                  if spec.means(model, self._models[model]) and _fits(spec.feature, name)]  # fmt: skip
        return _told("features of models", chosen, len(chosen) == len(known))

    def _of_models(self, spec: ModelSilent | Quality | ModelMetric) -> Matches:
        if isinstance(spec, Quality):
            told = self._modelled(spec, self._tasks)
            gone = told.warning is not None and spec.model in self._models
            return told._replace(warning=f"model {spec.model} has no task") if gone else told
        if isinstance(spec, ModelSilent):
            return self._modelled(spec, self._models)
        found = watched_models.reporting(self._store, self._account, spec.metric)
        chosen = [self._models[number] for number in found if spec.means(number, self._models[number])]
        if chosen:
            return _told("models with that metric", chosen, len(chosen) == len(self._models))
        gone = spec.model is not None and spec.model not in self._models
        words = f"model {spec.model} does not exist" if gone else f"{NOTHING}: no values of {spec.metric} have come"
        return _none(words, "models with that metric")

    def _modelled(self, spec: OfModels, known: Iterable[int]) -> Matches:
        if spec.models is None:
            return self._numbered("model", spec.model, known)
        chosen = [number for number in sorted(known) if spec.means(number, self._models[number])]
        return _told("models", [f"model {number}" for number in chosen], len(chosen) == len(self._models))

    def _numbered(self, what: str, wanted: int | None, known: Iterable[int]) -> Matches:
        numbers = sorted(known)
        if wanted is not None and wanted not in numbers:
            return _none(f"{what} {wanted} does not exist", f"{what}s")
        chosen = [number for number in numbers if wanted in {None, number}]
        return _told(f"{what}s", [f"{what} {number}" for number in chosen], len(chosen) == len(numbers))

    @cached_property
    def _all_series(self) -> int:
        return self._catalogue.count(self._account)

    @cached_property
    def _tags(self) -> dict[int, tuple[str, str]]:
        return monitor_tags(self._store, self._account)

    @cached_property
    def _sources(self) -> list[dict[str, Any]]:
        return sources(self._store, self._account)

    @cached_property
    def _agents(self) -> list[dict[str, Any]]:
        return agents.agents(self._store, self._account)

    @cached_property
    def _roles(self) -> dict[str, tuple[str, ...]]:
        return by_source(self._store, self._account)

    @cached_property
    def _tasks(self) -> set[int]:
        return {row["id"] for row in models.of_account(self._store, self._account) if row["config"].get("task")}

    @cached_property
    def _models(self) -> dict[int, str]:
        return {number: name for name, number in models.ids(self._store, self._account).items()}


def _fits(pattern: str | None, name: str) -> bool:
    return pattern is None or matches_whole(pattern, name)


def _chosen(what: str, names: list[str], fits: Callable[[str], bool]) -> Matches:
    chosen = [name for name in names if fits(name)]
    return _told(what, chosen, len(chosen) == len(names))


def _told(what: str, chosen: list[str], everything: bool) -> Matches:
    return Matches(len(chosen), what, bool(chosen) and everything, chosen[:_EXAMPLES], None if chosen else NOTHING)


def _none(warning: str, what: str) -> Matches:
    return Matches(0, what, False, [], warning)
