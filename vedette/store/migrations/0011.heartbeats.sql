-- Heartbeats: the keys under which jobs ping, what is known of each, and its last pings.
CREATE TABLE ping_keys (
    monitor_id bigint PRIMARY KEY REFERENCES monitors ON DELETE CASCADE,
    key text NOT NULL UNIQUE,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ping_keys IS
    'whoever knows the key may say that the job of that one monitor ran, and nothing else; kept as it is, to be shown again';

CREATE TABLE heartbeats (
    monitor_id bigint PRIMARY KEY REFERENCES monitors ON DELETE CASCADE,
    pings bigint NOT NULL,
    last_ping_at timestamptz,
    running_since timestamptz,
    expected_at timestamptz,
    down_after timestamptz
);

CREATE TABLE pings (
    monitor_id bigint NOT NULL REFERENCES monitors ON DELETE CASCADE,
    slot integer NOT NULL,
    n bigint NOT NULL,
    at timestamptz NOT NULL,
    said text NOT NULL,
    exit_status integer,
    rid text NOT NULL,
    took_ms float8,
    body text,
    body_bytes integer NOT NULL,
    PRIMARY KEY (monitor_id, slot)
);
COMMENT ON TABLE pings IS 'the last pings of each monitor; a slot is used again for a later one';
