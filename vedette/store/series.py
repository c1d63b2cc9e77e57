"""The series catalogue: which series an account has, and where their values stand in the wide rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vedette.events.names import parse_series
from vedette.events.samples import Kind
from vedette.events.selectors import Selector
from vedette.store.pool import Store
from vedette.store.roles import by_source


@dataclass(frozen=True, slots=True)
class SeriesRef:
    """One series of one source; its values are number `ordinal` (from 1) in the rows of its layout."""

    source: str
    name: str
    kind: Kind
    source_id: int
    layout_id: int
    ordinal: int

    def describe(self) -> dict[str, Any]:
        """As the API shows it."""
        name, labels = parse_series(self.name)
        return {"source": self.source, "name": name, "labels": dict(labels), "kind": self.kind}


class Catalogue:
    """Reads the catalogue. Layouts never change, so they are kept once read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._layout = lru_cache(maxsize=8192)(self._read_layout)
        self._matching = lru_cache(maxsize=8192)(self._match)

    def _read_layout(self, layout: int) -> tuple[tuple[str, ...], tuple[Kind, ...]]:
        row = self._store.row("SELECT names, kinds FROM layouts WHERE id = %s", layout)
        return ((), ()) if row is None else (tuple(row["names"]), tuple(row["kinds"]))

    def _match(self, layout: int, selector: Selector, roles: tuple[str, ...]) -> tuple[tuple[int, str, Kind], ...]:
        names, kinds = self._layout(layout)
        return tuple(
            (at, name, kind)
            for at, (name, kind) in enumerate(zip(names, kinds, strict=True), 1)
            if selector.matches_series(name, roles)
        )

    def find(self, account: int, selectors: Sequence[Selector]) -> list[SeriesRef]:
        """Series that match any of `selectors`, by source and name, each once.

        A series that moved from one layout to another stands in both; all of its places are returned.
        """
        found: dict[tuple[str, str, int], SeriesRef] = {}
        # Asked for only where they matter: most queries name no role.
        roles = by_source(self._store, account) if any(selector.names_role() for selector in selectors) else {}
        for selector in selectors:
            for row in self._pairs(account, selector.source()):
                if not selector.matches_source(row["source"]):
                    continue
                has = roles.get(row["source"], ()) if selector.names_role() else ()
                for ordinal, name, kind in self._matching(row["layout_id"], selector, has):
                    ref = SeriesRef(row["source"], name, kind, row["source_id"], row["layout_id"], ordinal)
                    found[ref.source, ref.name, ref.layout_id] = ref
        return sorted(found.values(), key=lambda ref: (ref.source, ref.name, ref.layout_id))

    def names(self, account: int, selector: Selector) -> Iterator[tuple[str, frozenset[str]]]:
        """Sources, and the canonical names of their series that match the selector; those without any are left out."""
        roles = by_source(self._store, account) if selector.names_role() else {}
        layouts: dict[str, list[int]] = {}
        for row in self._pairs(account, selector.source()):
            if selector.matches_source(row["source"]):
                layouts.setdefault(row["source"], []).append(row["layout_id"])
        for source, numbers in sorted(layouts.items()):
            has = roles.get(source, ()) if selector.names_role() else ()
            found = frozenset(name for one in numbers for _, name, _ in self._matching(one, selector, has))
            if found:
                yield source, found

    def count(self, account: int) -> int:
        """How many series there are in all; one that moved from one layout to another counts in both."""
        row = self._store.row(
            "SELECT coalesce(sum(cardinality(l.names)), 0)::bigint AS n FROM source_layouts p"
            " JOIN sources s ON s.id = p.source_id JOIN layouts l ON l.id = p.layout_id WHERE s.account_id = %s",
            account,
        )
        assert row is not None
        return int(row["n"])

    def _pairs(self, account: int, source: str | None) -> list[dict[str, Any]]:
        return self._store.rows(
            "SELECT s.name AS source, p.source_id, p.layout_id FROM source_layouts p"
            " JOIN sources s ON s.id = p.source_id WHERE s.account_id = %s AND (%s::text IS NULL OR s.name = %s)",
            account,
            source,
            source,
        )


def sources(store: Store, account: int) -> list[dict[str, Any]]:
    """Each source with its first and last report (ms UTC) and interval (ms; 0 where the sender does not say)."""
    return store.rows(
        "SELECT name AS source, interval_ms, (extract(epoch FROM first_seen) * 1000)::bigint AS first_seen_ms,"
        " (extract(epoch FROM last_seen) * 1000)::bigint AS last_seen_ms FROM sources"
        " WHERE account_id = %s ORDER BY name",
        account,
    )


def heard_sources(store: Store) -> list[dict[str, Any]]:
    """Account, name, interval and last report (ms UTC, by the sender's clock) of each source of all accounts."""
    return store.rows(
        "SELECT account_id, name AS source, interval_ms, (extract(epoch FROM last_seen) * 1000)::bigint AS last_seen_ms"
        " FROM sources"
    )
