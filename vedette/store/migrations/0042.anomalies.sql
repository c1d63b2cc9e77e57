-- Rules of the kind anomaly: what they have learned is usual of each series, and how far is too far.
CREATE TABLE anomaly_rules (
    rule_id bigint PRIMARY KEY REFERENCES rules ON DELETE CASCADE,
    mark text NOT NULL,
    due_at timestamptz NOT NULL,
    learned_at timestamptz,
    threshold double precision,
    weeks integer NOT NULL DEFAULT 0,
    series integer NOT NULL DEFAULT 0,
    unready integer NOT NULL DEFAULT 0,
    left_out integer NOT NULL DEFAULT 0
);
COMMENT ON COLUMN anomaly_rules.mark IS 'of the settings that it was learned for: with others it is learned anew';
COMMENT ON COLUMN anomaly_rules.due_at IS 'when it is learned again; while a worker is at it, when another one may try';
CREATE TABLE anomaly_series (
    rule_id bigint NOT NULL REFERENCES rules ON DELETE CASCADE,
    subject text NOT NULL,
    levels bytea NOT NULL,
    spreads bytea NOT NULL,
    minutes real NOT NULL,
    is_counter boolean NOT NULL,
    PRIMARY KEY (rule_id, subject)
);
COMMENT ON COLUMN anomaly_series.levels IS 'by hour of the week, little-endian float64';
COMMENT ON COLUMN anomaly_series.spreads IS 'by hour of the day, the same';
-- What of a rule's settings decides what is learned: who is told of it, and how, does not.
CREATE FUNCTION anomaly_mark(config jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT md5(concat_ws('|', config->>'series', config->>'direction', config->>'window_s', config->>'windows',
        config->>'false_alarms_per_week', config->>'floor'))
$$;
