-- How many false alarms a week an account allows over all its rules about anomalies that name no number of their own.
ALTER TABLE account_settings ADD COLUMN anomaly_false_alarms_per_week float8 NOT NULL DEFAULT 1;
