-- Reports that are sent at set times: what they are, and each one that was made or left out.
CREATE TABLE reports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    config jsonb NOT NULL,
    next_at timestamptz,
    wait_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
COMMENT ON COLUMN reports.next_at IS 'when it is due; null: never again';
COMMENT ON COLUMN reports.wait_until IS 'it is due, but could not be made: until when it is left alone';
CREATE INDEX reports_due ON reports (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE report_runs (
    id bigint PRIMARY KEY,
    report_id bigint NOT NULL REFERENCES reports ON DELETE CASCADE,
    due_at timestamptz NOT NULL,
    by_hand text,
    state text NOT NULL CHECK (state IN ('made', 'skipped')),
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (report_id, due_at)
);
COMMENT ON COLUMN report_runs.id IS 'hash of report and time: a report is made once for each time at which it is due';
COMMENT ON COLUMN report_runs.by_hand IS 'who had it sent; null: it was due';
COMMENT ON COLUMN report_runs.reason IS 'why it was skipped, or whether it came late';
CREATE INDEX report_runs_due_at ON report_runs (due_at);

-- A notification tells of a transition of an alert, or is a report.
ALTER TABLE notifications ALTER COLUMN transition_id DROP NOT NULL, ALTER COLUMN alert_id DROP NOT NULL;
ALTER TABLE notifications ADD COLUMN run_id bigint REFERENCES report_runs ON DELETE CASCADE;
ALTER TABLE notifications ADD CONSTRAINT notifications_of_one
    CHECK ((run_id IS NULL) = (transition_id IS NOT NULL) AND (run_id IS NULL) = (alert_id IS NOT NULL));
CREATE INDEX notifications_run ON notifications (run_id) WHERE run_id IS NOT NULL;
