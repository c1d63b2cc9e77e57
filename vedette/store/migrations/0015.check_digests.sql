-- Days of checks, many in one row: what a history of months is answered from (see vedette/store/check_digests.py).
CREATE TABLE check_digests (
    monitor_id bigint NOT NULL REFERENCES monitors ON DELETE CASCADE,
    block integer NOT NULL,
    days integer NOT NULL,
    locations text[] NOT NULL,
    cells bytea,
    PRIMARY KEY (monitor_id, block) INCLUDE (days) -- what is missing is found in the index alone
);
ALTER TABLE check_digests SET (toast_tuple_target = 8160); -- inside the row while it fits into a page
ALTER TABLE check_digests ALTER COLUMN cells SET STORAGE EXTERNAL; -- reading is what they are for
COMMENT ON TABLE check_digests IS 'follows from check_rollup_1d, and may be emptied at any time';
COMMENT ON COLUMN check_digests.block IS 'the 32 days from day 32 * block on, counted from 1970-01-01 (UTC)';
COMMENT ON COLUMN check_digests.days IS 'how many of them are in it, from the first on';
COMMENT ON COLUMN check_digests.cells IS 'null if they cannot be told: it is not known which minutes were good, or a row is spoilt';
