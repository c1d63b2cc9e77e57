-- How each monitor is over all its locations, since when, and when its definition was changed last.
CREATE TABLE outage_states (
    monitor_id bigint PRIMARY KEY REFERENCES monitors ON DELETE CASCADE,
    state text NOT NULL,
    since timestamptz NOT NULL,
    at timestamptz NOT NULL,
    incident_id bigint,
    suppressed_by bigint
);
COMMENT ON TABLE outage_states IS
    'the outage machine''s word on each monitor: up, degraded, partial, down, paused or unknown; written with the incident';
COMMENT ON COLUMN outage_states.at IS 'when it was decided, by the time of the checks: an older word replaces none';

ALTER TABLE monitors ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN monitors.changed_at IS 'when the definition became this one: a pause ends an outage at this time';

-- What was known before; the flow's own words are newer than these.
INSERT INTO outage_states (monitor_id, state, since, at, incident_id, suppressed_by)
SELECT m.id, coalesce(i.state, CASE WHEN bool_or(s.outcome = 'degraded') THEN 'degraded' ELSE 'up' END),
    coalesce(i.started_at, max(s.since)), to_timestamp(0), i.id, i.suppressed_by
FROM monitors m JOIN monitor_states s ON s.monitor_id = m.id
LEFT JOIN LATERAL (
    SELECT id, state, started_at, suppressed_by FROM incidents
    WHERE monitor_id = m.id AND ended_at IS NULL ORDER BY started_at DESC LIMIT 1
) i ON true
GROUP BY m.id, i.id, i.state, i.started_at, i.suppressed_by;
