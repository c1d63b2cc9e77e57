-- Models, their versions and references, and what drift was found in their windows.
CREATE TABLE models (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    config jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
COMMENT ON COLUMN models.config IS 'how its windows are made and judged';

CREATE TABLE model_versions (
    model_id bigint NOT NULL REFERENCES models ON DELETE CASCADE,
    version text NOT NULL,
    stage text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model_id, version)
);

CREATE TABLE model_references (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id bigint NOT NULL REFERENCES models ON DELETE CASCADE,
    version text NOT NULL,
    rows bigint NOT NULL,
    profiles jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX model_references_newest ON model_references (model_id, version, id DESC);
COMMENT ON TABLE model_references IS 'profiles never change; the newest of a version counts, else the newest without a version';

CREATE TABLE drift_windows (
    model_id bigint NOT NULL REFERENCES models ON DELETE CASCADE,
    version text NOT NULL,
    feature text NOT NULL,
    started_at timestamptz NOT NULL,
    window_s integer NOT NULL,
    reference_id bigint NOT NULL,
    state text NOT NULL,
    raised boolean NOT NULL,
    rows bigint NOT NULL,
    counts jsonb NOT NULL,
    verdict jsonb NOT NULL,
    PRIMARY KEY (model_id, version, feature, started_at)
);
CREATE INDEX drift_windows_newest ON drift_windows (model_id, started_at DESC);
COMMENT ON COLUMN drift_windows.state IS 'ok, drift, insufficient_data, no_data: what this window says alone';
COMMENT ON COLUMN drift_windows.raised IS 'whether drift is raised after it, by k of m windows and the cool-down';
COMMENT ON COLUMN drift_windows.counts IS 'values by the bins of the reference, and missing, other, below, above';
