-- What waits before it is an alert: a condition that must hold for a while, or that nobody is to be called for.
CREATE TABLE alert_waits (
    id bigint PRIMARY KEY,
    account_id integer NOT NULL,
    rule_id bigint NOT NULL REFERENCES rules ON DELETE CASCADE,
    rule_name text NOT NULL,
    subject text NOT NULL,
    severity text NOT NULL,
    title text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'suppressed')),
    value float8,
    why text NOT NULL DEFAULT '',
    since timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('fired', 'lapsed'))
);
CREATE INDEX alert_waits_open ON alert_waits (account_id, since) WHERE ended_at IS NULL;
CREATE INDEX alert_waits_rule ON alert_waits (rule_id);
CREATE INDEX alert_waits_newest ON alert_waits (account_id, since DESC);
