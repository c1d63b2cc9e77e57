-- Finding what is too old without reading the whole table: rows come nearly in the order of time, so a BRIN index is a few
-- pages. It serves plain tables; where they are hypertables, whole chunks are dropped.
CREATE INDEX rollup_10s_bucket ON rollup_10s USING brin (bucket);
CREATE INDEX rollup_1m_bucket ON rollup_1m USING brin (bucket);
CREATE INDEX rollup_1h_bucket ON rollup_1h USING brin (bucket);
CREATE INDEX check_results_scheduled ON check_results USING brin (scheduled_at);
CREATE INDEX check_rollup_1m_bucket ON check_rollup_1m USING brin (bucket);
CREATE INDEX check_rollup_1h_bucket ON check_rollup_1h USING brin (bucket);
