-- Drift of all columns together: a sample of each reference's rows, and what windows of a model's rows came to beside it.
CREATE TABLE reference_samples (
    reference_id bigint PRIMARY KEY REFERENCES model_references ON DELETE CASCADE,
    rows integer NOT NULL,
    columns bytea NOT NULL
);
COMMENT ON COLUMN reference_samples.columns IS 'packed as a batch of features is, then zlib';
CREATE TABLE multivariate_windows (
    model_id bigint NOT NULL REFERENCES models ON DELETE CASCADE,
    version text NOT NULL,
    started_at timestamptz NOT NULL,
    window_s integer NOT NULL,
    reference_id bigint NOT NULL,
    state text NOT NULL,
    raised boolean NOT NULL,
    rows bigint NOT NULL,
    result jsonb NOT NULL,
    PRIMARY KEY (model_id, version, started_at)
);
COMMENT ON COLUMN multivariate_windows.rows IS 'rows of the window, of which a sample was compared';
