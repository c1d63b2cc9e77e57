-- Links in messages with which whoever gets one may acknowledge, once, without signing in.
CREATE TABLE alert_links (
    hash bytea PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    channel_id bigint REFERENCES channels (id) ON DELETE SET NULL,
    alerts bigint[] NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
COMMENT ON COLUMN alert_links.hash IS 'SHA-256 of the token; the token itself is only in the message';
CREATE INDEX alert_links_expires ON alert_links (expires_at);
