-- Signals, as the log had them: the past of rules about anything but series. The log itself keeps a day.
CREATE TABLE signals (
    account_id bigint NOT NULL,
    kind text NOT NULL,
    logged_at timestamptz NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    about bigint,
    body bytea NOT NULL,
    PRIMARY KEY (account_id, kind, logged_at, partition, log_offset)
);
COMMENT ON COLUMN signals.logged_at IS 'when the log took it';
COMMENT ON COLUMN signals.about IS 'the number of the monitor or model that it is about';
COMMENT ON COLUMN signals.body IS 'JSON, the very bytes of the log: a text there may hold what text cannot here';
CREATE INDEX signals_about ON signals (account_id, kind, about, logged_at) WHERE about IS NOT NULL;
CREATE INDEX signals_logged_at ON signals (logged_at);
CREATE TABLE signal_positions (
    partition integer PRIMARY KEY,
    since timestamptz NOT NULL,
    first_offset bigint NOT NULL,
    next_offset bigint NOT NULL
);
COMMENT ON TABLE signal_positions IS
    'of each partition of vedette.signals: since when signals are kept, and the offset behind which some may not be yet';
