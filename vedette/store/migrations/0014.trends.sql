-- Trends of monitors: what changed, how the watch stands, and what an account allows it.
CREATE TABLE account_settings (
    account_id integer PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    trend_false_alarms_per_day float8 NOT NULL
);
COMMENT ON TABLE account_settings IS 'an account without a row has the defaults';

CREATE TABLE trend_changes (
    id bigint PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    monitor_id bigint NOT NULL REFERENCES monitors ON DELETE CASCADE,
    kind text NOT NULL,
    direction text NOT NULL,
    started_at timestamptz NOT NULL,
    found_at timestamptz NOT NULL,
    size float8 NOT NULL,
    expected float8 NOT NULL,
    statistic float8 NOT NULL,
    threshold float8 NOT NULL,
    learning boolean NOT NULL,
    state text NOT NULL,
    ended_at timestamptz,
    reason text
);
CREATE INDEX ON trend_changes (account_id, found_at DESC);
CREATE INDEX ON trend_changes (monitor_id, found_at DESC);
COMMENT ON COLUMN trend_changes.kind IS 'step: at once, at started_at; decline: slowly, over the days since started_at';
COMMENT ON COLUMN trend_changes.size IS 'change of Apdex, below 0 downwards';
COMMENT ON COLUMN trend_changes.learning IS 'found by a baseline too young to be trusted; it does not count';
COMMENT ON COLUMN trend_changes.reason IS
    'of its end: returned or superseded (another step), settled (it is the usual now), ended (the decline), learning';

CREATE TABLE trend_standings (
    monitor_id bigint PRIMARY KEY REFERENCES monitors ON DELETE CASCADE,
    at timestamptz NOT NULL,
    learned integer NOT NULL,
    needed integer NOT NULL,
    down float8 NOT NULL,
    up float8 NOT NULL,
    expected float8 NOT NULL,
    checks float8 NOT NULL,
    satisfied float8 NOT NULL,
    tolerating float8 NOT NULL,
    frustrated float8 NOT NULL,
    profile real[] NOT NULL
);
COMMENT ON COLUMN trend_standings.down IS 'how far the charts are up, as a share of their thresholds';
COMMENT ON COLUMN trend_standings.checks IS 'of a bucket of five minutes, on average';
COMMENT ON COLUMN trend_standings.profile IS
    'the expected Apdex at each of the 168 hours of a week, from Monday 0:00 UTC on';
