"""What of an account's models rules may be about: features that are compared, metrics that are reported."""

from __future__ import annotations

from vedette.store.pool import Store


def features(store: Store, account: int) -> list[tuple[int, str]]:
    """Models and the features of their newest references, of each version."""
    return store.tuples(
        "SELECT DISTINCT newest.model_id, one->>'name' AS feature FROM (SELECT DISTINCT ON (r.model_id, r.version)"
        " r.model_id, r.profiles FROM model_references r JOIN models m ON m.id = r.model_id WHERE m.account_id = %s"
        " ORDER BY r.model_id, r.version, r.id DESC) AS newest, jsonb_array_elements(newest.profiles) AS one"
        " ORDER BY newest.model_id, feature",
        account,
    )


def reporting(store: Store, account: int, metric: str) -> list[int]:
    """The models of which values of a metric are kept."""
    rows = store.rows(
        "SELECT m.id FROM models m WHERE m.account_id = %s AND EXISTS (SELECT 1 FROM model_metrics w"
        " WHERE w.model_id = m.id AND w.metric = %s) ORDER BY m.id",
        account,
        metric,
    )
    return [row["id"] for row in rows]
