-- Rollup rows hold their values as one byte string (vedette/store/cells.py): an eighth of the work for the server.
DROP VIEW samples_1m;
DROP VIEW samples_1h;

CREATE FUNCTION vedette_float8(data bytea, place integer) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    -- The float64 whose eight bytes, big-endian, begin at `place` (from 0); IEEE 754, exactly.
    SELECT CASE
        WHEN exponent = 2047 AND fraction <> 0 THEN 'NaN'::float8
        WHEN exponent = 2047 THEN sign * 'Infinity'::float8
        WHEN exponent = 0 THEN sign * (fraction::float8 * power(2::float8, -1074))
        ELSE sign * ((4503599627370496 + fraction)::float8 * power(2::float8, exponent - 1075))
    END
    FROM (SELECT
        CASE WHEN get_byte(data, place) < 128 THEN 1::float8 ELSE (-1)::float8 END AS sign,
        ((get_byte(data, place) & 127) << 4) | (get_byte(data, place + 1) >> 4) AS exponent,
        ((get_byte(data, place + 1) & 15)::bigint << 48) | (get_byte(data, place + 2)::bigint << 40)
            | (get_byte(data, place + 3)::bigint << 32) | (get_byte(data, place + 4)::bigint << 24)
            | (get_byte(data, place + 5)::bigint << 16) | (get_byte(data, place + 6)::bigint << 8)
            | get_byte(data, place + 7)::bigint AS fraction
    ) AS parts
$$;

CREATE FUNCTION vedette_cells(cells bytea, names text[], kinds text[])
RETURNS TABLE (name text, kind text, sum float8, min float8, max float8, last float8)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT each.name, each.kind, vedette_float8(cells, 8 * at), vedette_float8(cells, 8 * low),
        vedette_float8(cells, 8 * high), vedette_float8(cells, 8 * raw)
    FROM (
        SELECT u.name, u.kind, u.ordinal::int - 1 AS at,
            CASE WHEN several THEN width + u.ordinal::int - 1
                WHEN u.kind = 'counter' THEN width + rank - 1 ELSE u.ordinal::int - 1 END AS low,
            CASE WHEN several THEN 2 * width + u.ordinal::int - 1
                WHEN u.kind = 'counter' THEN width + rank - 1 ELSE u.ordinal::int - 1 END AS high,
            CASE WHEN several THEN 3 * width + u.ordinal::int - 1
                WHEN u.kind = 'counter' THEN width + counters + rank - 1 ELSE u.ordinal::int - 1 END AS raw
        FROM (
            SELECT t.*, cardinality(names) AS width, length(cells) = 32 * cardinality(names) AS several,
                count(*) FILTER (WHERE t.kind = 'counter') OVER (ORDER BY t.ordinal)::int AS rank,
                count(*) FILTER (WHERE t.kind = 'counter') OVER ()::int AS counters
            FROM unnest(names, kinds) WITH ORDINALITY AS t (name, kind, ordinal)
        ) AS u
    ) AS each
$$;

ALTER TABLE rollup_10s ADD COLUMN cells bytea;
ALTER TABLE rollup_1m ADD COLUMN cells bytea;
ALTER TABLE rollup_1h ADD COLUMN cells bytea;
ALTER TABLE rollup_1d ADD COLUMN cells bytea;

CREATE FUNCTION pg_temp.packed(values_ float8[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(float8send(v), ''::bytea ORDER BY at) FROM unnest(values_) WITH ORDINALITY AS u (v, at)
$$;
UPDATE rollup_10s SET cells = pg_temp.packed(sums || mins || maxs || lasts);
UPDATE rollup_1m SET cells = pg_temp.packed(sums || mins || maxs || lasts);
UPDATE rollup_1h SET cells = pg_temp.packed(sums || mins || maxs || lasts);
UPDATE rollup_1d SET cells = pg_temp.packed(sums || mins || maxs || lasts);

ALTER TABLE rollup_10s ALTER COLUMN cells SET NOT NULL,
    DROP COLUMN sums, DROP COLUMN mins, DROP COLUMN maxs, DROP COLUMN lasts;
ALTER TABLE rollup_1m ALTER COLUMN cells SET NOT NULL,
    DROP COLUMN sums, DROP COLUMN mins, DROP COLUMN maxs, DROP COLUMN lasts;
ALTER TABLE rollup_1h ALTER COLUMN cells SET NOT NULL,
    DROP COLUMN sums, DROP COLUMN mins, DROP COLUMN maxs, DROP COLUMN lasts;
ALTER TABLE rollup_1d ALTER COLUMN cells SET NOT NULL,
    DROP COLUMN sums, DROP COLUMN mins, DROP COLUMN maxs, DROP COLUMN lasts;
COMMENT ON TABLE rollup_1m IS
    'one source, one layout, one minute: n reports, and in cells per name the sum (counter: increase), minimum and '
    'maximum (counter: of the rate per second) and last raw value; the function vedette_cells reads them';

CREATE VIEW samples_1m AS
SELECT s.account_id, s.name AS source, u.name, u.kind, r.bucket, r.n, u.sum, u.min, u.max, u.last
FROM rollup_1m r
JOIN sources s ON s.id = r.source_id
JOIN layouts l ON l.id = r.layout_id
CROSS JOIN LATERAL vedette_cells(r.cells, l.names, l.kinds) AS u;

CREATE VIEW samples_1h AS
SELECT s.account_id, s.name AS source, u.name, u.kind, r.bucket, r.n, u.sum, u.min, u.max, u.last
FROM rollup_1h r
JOIN sources s ON s.id = r.source_id
JOIN layouts l ON l.id = r.layout_id
CROSS JOIN LATERAL vedette_cells(r.cells, l.names, l.kinds) AS u;
