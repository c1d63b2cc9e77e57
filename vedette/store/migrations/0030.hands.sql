-- What people do about alerts: silences, acknowledgement, routes with escalation, schedules of who is on call.
CREATE TABLE silences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    selector text NOT NULL,
    reason text NOT NULL DEFAULT '',
    author text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (ends_at >= starts_at)
);
CREATE INDEX silences_ends ON silences (account_id, ends_at);

CREATE TABLE schedules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    config jsonb NOT NULL,
    UNIQUE (account_id, name)
);

CREATE TABLE routes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    position integer NOT NULL DEFAULT 0,
    config jsonb NOT NULL,
    UNIQUE (account_id, name)
);

ALTER TABLE alerts
    ADD COLUMN severity text NOT NULL DEFAULT '',
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN acknowledged_by text,
    ADD COLUMN assignee text,
    ADD COLUMN snoozed_until timestamptz,
    ADD COLUMN plan jsonb,
    ADD COLUMN step integer NOT NULL DEFAULT 0,
    ADD COLUMN told_at timestamptz,
    ADD COLUMN next_at timestamptz;
COMMENT ON COLUMN alerts.plan IS 'who is told when, as the route said when the alert began';
COMMENT ON COLUMN alerts.told_at IS 'when people were last told: reminders count from here';
COMMENT ON COLUMN alerts.next_at IS 'when the next step or reminder is due; null: none is';
CREATE INDEX alerts_due ON alerts (next_at) WHERE ended_at IS NULL AND next_at IS NOT NULL;

ALTER TABLE notifications DROP CONSTRAINT notifications_state_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_state_check
    CHECK (state IN ('pending', 'delivered', 'failed', 'withheld', 'dropped'));
COMMENT ON COLUMN notifications.state IS
    'withheld: a silence holds it back until next_attempt_at; dropped: its alert ended meanwhile';
ALTER TABLE notifications
    ADD COLUMN gathers boolean NOT NULL DEFAULT false,
    ADD COLUMN carrier bigint REFERENCES notifications ON DELETE SET NULL;
COMMENT ON COLUMN notifications.gathers IS 'waits until next_attempt_at for others that go with it';
COMMENT ON COLUMN notifications.carrier IS 'the notification whose message tells this one too; delivered when that is';
CREATE INDEX notifications_gathering ON notifications (channel_id) WHERE gathers;
CREATE INDEX notifications_carried ON notifications (carrier) WHERE carrier IS NOT NULL;
CREATE INDEX notifications_withheld ON notifications (next_attempt_at) WHERE state = 'withheld';
