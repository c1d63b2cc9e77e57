-- Drift by segment: what rows of each segment of a model look like, in its references and in its windows.
ALTER TABLE model_references ADD COLUMN segments jsonb;
COMMENT ON COLUMN model_references.segments IS 'segments by a column, with counts by feature; null if none were asked for';
ALTER TABLE drift_windows ADD COLUMN segments jsonb;
COMMENT ON COLUMN drift_windows.segments IS 'a list: of each segment name, state, raised, rows, counts and verdict';
