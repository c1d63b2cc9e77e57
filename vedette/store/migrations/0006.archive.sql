-- The archive's manifest: which objects hold which events, how far each partition of the log is archived, and what is to go.
CREATE TABLE archive_positions (
    topic text NOT NULL,
    partition integer NOT NULL,
    generation integer NOT NULL DEFAULT 0,
    next_offset bigint NOT NULL DEFAULT 0,
    fingerprint bigint,
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE archive_positions IS
    'events below next_offset are archived; a log that was made anew (told by the last record''s fingerprint) begins a generation';

CREATE TABLE archive_objects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    account_id integer NOT NULL,
    hour timestamptz NOT NULL,
    path text NOT NULL UNIQUE,
    generation integer,
    partition integer,
    first_offset bigint,
    last_offset bigint,
    events bigint NOT NULL,
    bytes bigint NOT NULL,
    min_ms bigint NOT NULL,
    max_ms bigint NOT NULL,
    checksum bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON archive_objects (kind, account_id, hour);
CREATE INDEX ON archive_objects (hour);
COMMENT ON TABLE archive_objects IS
    'an object is part of the archive only while it stands here; partition and offsets are null once several became one';

CREATE TABLE archive_uploads (path text PRIMARY KEY, started_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE archive_uploads IS 'objects that are on their way; one that stays here was left behind by a crash';

CREATE TABLE archive_garbage (path text PRIMARY KEY, since timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE archive_garbage IS 'objects that nobody finds any more; deleted after the time that a running reader may take';

CREATE TABLE archive_lease (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    holder text NOT NULL DEFAULT '',
    until timestamptz NOT NULL DEFAULT 'epoch'
);
INSERT INTO archive_lease DEFAULT VALUES;
COMMENT ON TABLE archive_lease IS 'who tidies the archive up now';
