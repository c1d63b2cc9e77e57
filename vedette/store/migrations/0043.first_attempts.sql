-- A notification is given up by the time since its first attempt: it may have been held back, or its channel disabled, before.
ALTER TABLE notifications ADD COLUMN first_attempt_at timestamptz;
COMMENT ON COLUMN notifications.first_attempt_at IS 'NULL too once its channel was enabled again: it is tried anew';
