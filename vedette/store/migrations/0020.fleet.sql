-- The fleet: agents as they last checked in, how hosts are let in, and what roles give them.
CREATE TABLE roles (
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    priority integer NOT NULL,
    config jsonb NOT NULL,
    notes text NOT NULL,
    PRIMARY KEY (account_id, name)
);
COMMENT ON COLUMN roles.priority IS 'of two roles of a host, the one with the greater number has its way';

CREATE TABLE source_roles (
    account_id integer NOT NULL,
    source text NOT NULL,
    role text NOT NULL,
    PRIMARY KEY (account_id, source, role),
    FOREIGN KEY (account_id, role) REFERENCES roles ON DELETE CASCADE
);
CREATE INDEX source_roles_role ON source_roles (account_id, role);

CREATE TABLE fleet_settings (
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    source text NOT NULL,
    config jsonb NOT NULL,
    PRIMARY KEY (account_id, source)
);
COMMENT ON TABLE fleet_settings IS 'configuration of one host, or, with an empty source, of all hosts of the account';

CREATE TABLE enrolment_tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    roles text[] NOT NULL,
    source text,
    allow_reclaim boolean NOT NULL,
    uses integer NOT NULL,
    used integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON COLUMN enrolment_tokens.source IS 'the one host that it lets in; null: any name that is free';

CREATE TABLE agents (
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    source text NOT NULL,
    fingerprint text NOT NULL DEFAULT '',
    enrolled_at timestamptz,
    enrolment_id bigint,
    token_id integer REFERENCES api_tokens ON DELETE SET NULL,
    version text NOT NULL DEFAULT '',
    epoch bigint NOT NULL DEFAULT 0,
    checked_in_at timestamptz,
    boot_ms bigint NOT NULL DEFAULT 0,
    clock_offset_ms bigint NOT NULL DEFAULT 0,
    slept_ms bigint NOT NULL DEFAULT 0,
    woke_at timestamptz,
    config_version text NOT NULL DEFAULT '',
    facts jsonb NOT NULL DEFAULT '{}',
    plugins jsonb NOT NULL DEFAULT '[]',
    refused jsonb NOT NULL DEFAULT '[]',
    machines jsonb NOT NULL DEFAULT '[]',
    signalled jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (account_id, source)
);
COMMENT ON COLUMN agents.fingerprint IS 'keyed hash of what tells the machine from others; of an enrolled agent it counts until it is enrolled again';
COMMENT ON COLUMN agents.machines IS 'who has reported under this identity of late, to find clones';
COMMENT ON COLUMN agents.signalled IS 'states that receivers of signals were told last';

ALTER TABLE accounts ADD COLUMN plugin_key text;
COMMENT ON COLUMN accounts.plugin_key IS 'public ed25519 key (base64) that plugin code of this account is signed with';
