-- Monitors, and what the probes saw.
CREATE TABLE monitors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    url text NOT NULL,
    config jsonb NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);

CREATE TABLE check_results (
    monitor_id bigint NOT NULL, location text NOT NULL, scheduled_at timestamptz NOT NULL, attempt integer NOT NULL,
    started_at timestamptz NOT NULL, outcome text NOT NULL, total_ms float8 NOT NULL, status integer, error text,
    dns_ms float8, connect_ms float8, tls_ms float8, ttfb_ms float8, transfer_ms float8,
    bytes bigint NOT NULL, tls_expires timestamptz, apdex_t_ms integer NOT NULL,
    PRIMARY KEY (monitor_id, location, scheduled_at, attempt)
);
CREATE INDEX check_results_newest ON check_results (monitor_id, scheduled_at DESC);

CREATE TABLE monitor_states (
    monitor_id bigint NOT NULL, location text NOT NULL, outcome text NOT NULL,
    at timestamptz NOT NULL, since timestamptz NOT NULL, total_ms float8 NOT NULL, status integer, error text,
    PRIMARY KEY (monitor_id, location)
);

CREATE TABLE check_rollup_1m (
    monitor_id bigint NOT NULL, location text NOT NULL, bucket timestamptz NOT NULL, apdex_t_ms integer NOT NULL,
    satisfied integer NOT NULL, tolerating integer NOT NULL, frustrated integer NOT NULL,
    up integer NOT NULL, degraded integer NOT NULL, down integer NOT NULL,
    missed integer NOT NULL, probe_error integer NOT NULL,
    sum_ms float8 NOT NULL, min_ms float8, max_ms float8, sketch bytea NOT NULL,
    PRIMARY KEY (monitor_id, location, bucket)
);
CREATE TABLE check_rollup_1h (LIKE check_rollup_1m INCLUDING ALL);
COMMENT ON COLUMN check_rollup_1m.sketch IS 'log-bucket sketch of the successful checks'' total_ms, 1 % relative error';
