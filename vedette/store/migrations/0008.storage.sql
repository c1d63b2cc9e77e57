-- PostgreSQL's own compression of wide rows costs ten times as much as writing them. Rows of ten seconds are kept for
-- days and stay as they are. Rows of minutes are compressed by lz4 where the server can, else they stay as they are
-- too; narrow rows, below 2 kB, were never compressed. What is there already stays readable.
ALTER TABLE rollup_10s SET (toast_tuple_target = 8160);
ALTER TABLE rollup_10s ALTER COLUMN cells SET STORAGE EXTERNAL; -- rows that do not fit into a page

DO $$
BEGIN
    ALTER TABLE rollup_1m ALTER COLUMN cells SET COMPRESSION lz4;
    ALTER TABLE rollup_1h ALTER COLUMN cells SET COMPRESSION lz4;
    ALTER TABLE rollup_1d ALTER COLUMN cells SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    ALTER TABLE rollup_1m SET (toast_tuple_target = 8160);
END $$;
