-- What became of predictions: each window's quality, replaced when later outcomes come.
CREATE TABLE quality_windows (
    model_id bigint NOT NULL REFERENCES models ON DELETE CASCADE,
    version text NOT NULL,
    started_at timestamptz NOT NULL,
    window_s integer NOT NULL,
    rows bigint NOT NULL,
    labelled bigint NOT NULL,
    skipped bigint NOT NULL,
    metrics jsonb NOT NULL,
    intervals jsonb NOT NULL,
    estimated jsonb NOT NULL,
    PRIMARY KEY (model_id, version, started_at)
);
CREATE INDEX quality_windows_newest ON quality_windows (model_id, started_at DESC);
COMMENT ON COLUMN quality_windows.labelled IS 'rows whose outcome is known and was compared';
COMMENT ON COLUMN quality_windows.intervals IS '95 % confidence intervals by metric';
COMMENT ON COLUMN quality_windows.estimated IS 'metrics that the scores alone let expect';
