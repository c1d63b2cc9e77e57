-- How far each partition of the topic vedette.recorded was taken, and which gateway does it now.
CREATE TABLE recorded_positions (
    partition integer PRIMARY KEY,
    next_offset bigint NOT NULL DEFAULT 0,
    fingerprint bigint,
    holder text NOT NULL DEFAULT '',
    until timestamptz NOT NULL DEFAULT 'epoch'
);
COMMENT ON TABLE recorded_positions IS
    'messages below next_offset are in vedette.features or vedette.rejects; the fingerprint of the last one tells a log that was made anew';
