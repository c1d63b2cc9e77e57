-- Metrics of models: what the values of a name came to, window by window, replaced when later values come.
CREATE TABLE model_metrics (
    model_id bigint NOT NULL REFERENCES models ON DELETE CASCADE,
    version text NOT NULL,
    metric text NOT NULL,
    started_at timestamptz NOT NULL,
    window_s integer NOT NULL,
    count bigint NOT NULL,
    mean double precision NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    PRIMARY KEY (model_id, version, metric, started_at)
);
CREATE INDEX model_metrics_newest ON model_metrics (model_id, started_at DESC);
COMMENT ON COLUMN model_metrics.count IS 'values whose times lie in the window';
