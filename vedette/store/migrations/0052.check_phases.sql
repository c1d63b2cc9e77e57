-- How long each phase of checks took, by hours, as sketches: percentiles of phases over any range.
CREATE TABLE check_phases_1h (
    monitor_id bigint NOT NULL,
    location text NOT NULL,
    bucket timestamptz NOT NULL,
    sketches bytea NOT NULL,
    PRIMARY KEY (monitor_id, location, bucket)
);
COMMENT ON TABLE check_phases_1h IS 'of checks that did not fail, once their hour is over';
COMMENT ON COLUMN check_phases_1h.sketches IS 'of dns, connect, tls, ttfb and transfer (ms): vedette/windows/phases.py';
CREATE INDEX check_phases_1h_bucket ON check_phases_1h USING brin (bucket);
