-- Alerts that went on at a time are found without reading all that ever ended: situations are gathered from them.
CREATE INDEX alerts_ended ON alerts (account_id, ended_at);
