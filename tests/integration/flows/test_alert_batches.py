"""How the alerts flow writes what comes together."""

from __future__ import annotations

from contextlib import suppress

from dataflows.alerts import write_transitions
from sinks.log import Publication
from tests.integration.store.decisions import episode
from vedette.errors import Unavailable
from vedette.store import accounts, alerts
from vedette.store.pool import Store

EPISODES, EACH_S, STATEMENT_S = 200, 0.01, 2.0


def test_a_storm_is_recorded_though_all_of_it_takes_longer_than_a_statement_may(store: Store) -> None:
    accounts.ensure_account(store, "default")
    alerts.add_rule(store, 1, "Endpoint down", "endpoint_down", {})
    store.execute(
        "INSERT INTO monitors (account_id, name, url, config) VALUES (1, 'shop', 'http://shop.example/', '{}')"
    )
    store.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN PERFORM pg_sleep({EACH_S}); RETURN NULL; END $$"
    )
    store.execute("CREATE TRIGGER slow AFTER INSERT ON alert_transitions FOR EACH ROW EXECUTE FUNCTION slow()")
    decided = [(one, ()) for number in range(EPISODES) for one in episode(number)]
    assert len(decided) * EACH_S > STATEMENT_S
    hasty = Store(store.dsn, pool_size=2, statement_s=STATEMENT_S)
    refused: list[Publication] = []
    try:
        for _ in range(10):  # the sink tries for ever
            with suppress(Unavailable):
                write_transitions(hasty, decided, refused.append)
                break
    finally:
        hasty.close()
    assert refused == []
    assert store.row("SELECT count(*) AS n FROM alert_transitions") == {"n": 2 * EPISODES}
