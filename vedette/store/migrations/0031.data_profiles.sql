-- What a reference's data look like, as found when it came: for people, beside the profiles that windows are judged by.
ALTER TABLE model_references ADD COLUMN about jsonb;
COMMENT ON COLUMN model_references.about IS 'the data profile; null for references from before there were any';
