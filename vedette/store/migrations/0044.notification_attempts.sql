-- Every attempt at a notification: noted as a worker claims it, and again with what came of it.
CREATE TABLE notification_attempts (
    notification_id bigint NOT NULL REFERENCES notifications ON DELETE CASCADE,
    attempt integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    took_ms integer,
    outcome text CHECK (outcome IN ('delivered', 'retry', 'refused', 'permanent', 'given_up')),
    answer text,
    PRIMARY KEY (notification_id, attempt)
) WITH (fillfactor = 80);
COMMENT ON COLUMN notification_attempts.outcome IS 'NULL: under way, or its worker ended before it noted what came of it';
CREATE INDEX notification_attempts_at ON notification_attempts USING brin (at);
ALTER TABLE notifications ADD COLUMN failure text CHECK (failure IN ('refused', 'permanent', 'given_up'));
COMMENT ON COLUMN notifications.failure IS 'Why a failed one is tried no more; NULL for those that failed before this was noted';
