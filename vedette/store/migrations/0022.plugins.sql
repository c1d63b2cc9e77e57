-- Plugin code of an account, signed by its owner. The key by which hosts judge it is `accounts.plugin_key`.
CREATE TABLE plugins (
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    source text NOT NULL,
    sha256 text NOT NULL,
    signature text NOT NULL,
    notes text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, name)
);
COMMENT ON TABLE plugins IS 'code that hosts run only if the signature is good for the key that they were given';
