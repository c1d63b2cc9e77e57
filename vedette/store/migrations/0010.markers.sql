-- Release markers, which charts and comparisons show; and the links under which a monitor's badges are public.
CREATE TABLE markers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    at timestamptz NOT NULL,
    monitors bigint[] NOT NULL DEFAULT '{}',
    url text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, at, name)
);
COMMENT ON COLUMN markers.monitors IS 'what it concerns; empty: every monitor of the account';

CREATE TABLE badge_links (
    monitor_id bigint PRIMARY KEY REFERENCES monitors ON DELETE CASCADE,
    token text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE badge_links IS
    'whoever knows the token may see the badges of that one monitor and nothing else; kept as it is, to be shown again';
