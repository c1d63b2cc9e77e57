-- Alerts of which nobody can tell whether they fire still: nothing is heard of their subject.
ALTER TABLE alerts ADD COLUMN unknown_since timestamptz;
COMMENT ON COLUMN alerts.unknown_since IS 'null: it is known; while it is not, no steps are taken and nobody is reminded';
