-- Links that act go with the channel that they were sent over: who was told through it may not act any more.
DELETE FROM alert_links WHERE channel_id IS NULL;
ALTER TABLE alert_links ALTER COLUMN channel_id SET NOT NULL;
ALTER TABLE alert_links DROP CONSTRAINT alert_links_channel_id_fkey;
ALTER TABLE alert_links ADD CONSTRAINT alert_links_channel_id_fkey
    FOREIGN KEY (channel_id) REFERENCES channels (id) ON DELETE CASCADE;
