-- Realtime sessions. Only the hash of an identity is kept: whoever reads this table can open none of them.
CREATE TABLE realtime_sessions (
    session text PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    creator text NOT NULL,
    sources text[] NOT NULL,
    groups text[] NOT NULL,
    plugins text[] NOT NULL,
    created_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    watched_at timestamptz NOT NULL,
    ended_at timestamptz,
    reason text
);
COMMENT ON COLUMN realtime_sessions.session IS 'SHA-256 of the identity in the link, in hexadecimal';
COMMENT ON COLUMN realtime_sessions.watched_at IS 'when a gateway last said that somebody looks on';
CREATE INDEX realtime_sessions_live ON realtime_sessions (account_id) WHERE ended_at IS NULL;
