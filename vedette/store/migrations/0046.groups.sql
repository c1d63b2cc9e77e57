-- Named sets of channels, which rules and routes may name; and names of silences, by which files tell them apart.
CREATE TABLE channel_groups (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    config jsonb NOT NULL,
    UNIQUE (account_id, name)
);

ALTER TABLE silences ADD COLUMN name text;
COMMENT ON COLUMN silences.name IS 'null: one of the moment, which files leave alone; two that hold at a time have not the same';
CREATE INDEX silences_name ON silences (account_id, name) WHERE name IS NOT NULL;
