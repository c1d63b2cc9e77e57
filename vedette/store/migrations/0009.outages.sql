-- Outages of monitors, and the times in which nobody is called.
CREATE TABLE incidents (
    id bigint PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    monitor_id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    ended_at timestamptz,
    state text NOT NULL,
    severity text NOT NULL,
    cause text NOT NULL,
    error text,
    evidence jsonb,
    votes jsonb NOT NULL,
    timeline jsonb NOT NULL,
    maintenance boolean NOT NULL,
    suppressed_by bigint,
    changes integer NOT NULL
);
CREATE INDEX ON incidents (account_id, started_at DESC);
CREATE INDEX ON incidents (monitor_id, started_at DESC);
CREATE INDEX ON incidents (monitor_id) WHERE ended_at IS NULL;
COMMENT ON TABLE incidents IS
    'one outage of one monitor: started by its first failing check, confirmed when a quorum of locations failed';

CREATE TABLE maintenance_windows (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    monitors bigint[] NOT NULL,
    config jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
COMMENT ON COLUMN maintenance_windows.monitors IS 'empty: every monitor of the account';
COMMENT ON COLUMN incidents.state IS 'now: down, partial or ended';
COMMENT ON COLUMN incidents.severity IS 'the worst that it came to: down or partial';
