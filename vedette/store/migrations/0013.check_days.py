"""Days of checks, made of the hours that are there; hours and days tell which minutes were good and counted."""

from yoyo import step

from vedette.store.check_days import make_days

TABLES = """
ALTER TABLE check_rollup_1h ADD COLUMN good bytea, ADD COLUMN counted bytea;
CREATE TABLE check_rollup_1d (LIKE check_rollup_1h INCLUDING ALL);
COMMENT ON COLUMN check_rollup_1h.good IS 'a bit for each minute in which a check succeeded, the lowest is the first; '
    'null: not known, the hour is older than that is noted';
COMMENT ON COLUMN check_rollup_1h.counted IS 'a bit for each minute in which a check counted';
COMMENT ON COLUMN check_rollup_1d.good IS 'as of an hour; null if it is not known of one of the hours';
COMMENT ON COLUMN check_rollup_1d.counted IS 'as of an hour';
"""
HOURS = """
UPDATE check_rollup_1h AS h SET good = int8send(m.good), counted = int8send(m.counted)
FROM (
    SELECT monitor_id, location, hour, sum(checks) AS checks,
        bit_or(CASE WHEN succeeded > 0 THEN 1::bigint << minute ELSE 0 END) AS good,
        bit_or(CASE WHEN checks > 0 THEN 1::bigint << minute ELSE 0 END) AS counted
    FROM (
        SELECT monitor_id, location, date_trunc('hour', bucket, 'UTC') AS hour, up + degraded AS succeeded,
            up + degraded + down AS checks, date_part('minute', bucket)::int AS minute
        FROM check_rollup_1m
    ) AS minutes GROUP BY monitor_id, location, hour
) AS m
WHERE h.monitor_id = m.monitor_id AND h.location = m.location AND h.bucket = m.hour
    AND h.up + h.degraded + h.down = m.checks; -- else minutes of that hour are gone already
UPDATE check_rollup_1h SET good = int8send(0), counted = int8send(0) WHERE good IS NULL AND up + degraded + down = 0;
"""

steps = [step(TABLES), step(HOURS), step(make_days)]
