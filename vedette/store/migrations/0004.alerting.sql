-- Rules, channels, alerts, and the outbox of notifications.
CREATE TABLE channels (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    kind text NOT NULL,
    config jsonb NOT NULL,
    disabled_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);

CREATE TABLE rules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    kind text NOT NULL,
    config jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);

CREATE TABLE alerts (
    id bigint PRIMARY KEY,
    account_id integer NOT NULL,
    rule_id bigint NOT NULL,
    rule_name text NOT NULL,
    subject text NOT NULL,
    title text NOT NULL,
    state text NOT NULL,
    value float8,
    started_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX alerts_open ON alerts (account_id) WHERE ended_at IS NULL;
CREATE INDEX alerts_newest ON alerts (account_id, started_at DESC);

CREATE TABLE alert_transitions (
    id bigint PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES alerts ON DELETE CASCADE,
    state text NOT NULL,
    at timestamptz NOT NULL,
    value float8,
    detail jsonb NOT NULL
);
CREATE INDEX alert_transitions_alert ON alert_transitions (alert_id, at);

CREATE TABLE notifications (
    id bigint PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY,
    transition_id bigint NOT NULL REFERENCES alert_transitions ON DELETE CASCADE,
    alert_id bigint NOT NULL,
    channel_id bigint NOT NULL REFERENCES channels ON DELETE CASCADE,
    body jsonb NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz,
    last_answer text,
    delivered_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notifications_due ON notifications (next_attempt_at) WHERE state = 'pending';
CREATE INDEX notifications_order ON notifications (alert_id, channel_id, position);
