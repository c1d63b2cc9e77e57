-- Sources, layouts and wide rollup rows. Identities are 64-bit hashes, so nobody coordinates.
CREATE TABLE sources (
    id bigint PRIMARY KEY,
    account_id integer NOT NULL,
    name text NOT NULL,
    interval_ms integer NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    UNIQUE (account_id, name)
);

CREATE TABLE layouts (
    id bigint PRIMARY KEY,
    names text[] NOT NULL,
    kinds text[] NOT NULL
);
COMMENT ON TABLE layouts IS 'an ordered list of series names that are reported together; never changes';

CREATE TABLE source_layouts (
    source_id bigint NOT NULL,
    layout_id bigint NOT NULL,
    PRIMARY KEY (source_id, layout_id)
);

CREATE TABLE rollup_10s (
    source_id bigint NOT NULL, layout_id bigint NOT NULL, bucket timestamptz NOT NULL, n integer NOT NULL,
    sums float8[] NOT NULL, mins float8[] NOT NULL, maxs float8[] NOT NULL, lasts float8[] NOT NULL,
    PRIMARY KEY (source_id, layout_id, bucket)
);
CREATE TABLE rollup_1m (LIKE rollup_10s INCLUDING ALL);
CREATE TABLE rollup_1h (LIKE rollup_10s INCLUDING ALL);
CREATE TABLE rollup_1d (LIKE rollup_10s INCLUDING ALL);
COMMENT ON TABLE rollup_1m IS
    'one source, one layout, one minute: n reports, and per name the sum (counter: increase), minimum and maximum '
    '(counter: of the rate per second) and last raw value, in the order of the layout''s names';

CREATE VIEW series AS
SELECT s.account_id, s.name AS source, u.name, u.kind, sl.source_id, sl.layout_id, u.ordinal
FROM source_layouts sl
JOIN sources s ON s.id = sl.source_id
JOIN layouts l ON l.id = sl.layout_id
CROSS JOIN LATERAL unnest(l.names, l.kinds) WITH ORDINALITY AS u (name, kind, ordinal);

CREATE VIEW samples_1m AS
SELECT s.account_id, s.name AS source, u.name, u.kind, r.bucket, r.n, u.sum, u.min, u.max, u.last
FROM rollup_1m r
JOIN sources s ON s.id = r.source_id
JOIN layouts l ON l.id = r.layout_id
CROSS JOIN LATERAL unnest(l.names, l.kinds, r.sums, r.mins, r.maxs, r.lasts) AS u (name, kind, sum, min, max, last);

CREATE VIEW samples_1h AS
SELECT s.account_id, s.name AS source, u.name, u.kind, r.bucket, r.n, u.sum, u.min, u.max, u.last
FROM rollup_1h r
JOIN sources s ON s.id = r.source_id
JOIN layouts l ON l.id = r.layout_id
CROSS JOIN LATERAL unnest(l.names, l.kinds, r.sums, r.mins, r.maxs, r.lasts) AS u (name, kind, sum, min, max, last);
