-- Which of an account's locations each one is, so that together they divide a monitor's interval.
CREATE TABLE probe_places (
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    location text NOT NULL,
    place integer NOT NULL CHECK (place >= 0),
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, location),
    UNIQUE (account_id, place)
);
COMMENT ON COLUMN probe_places.seen_at IS 'when a probe there last asked for its monitors, to within ten minutes';
