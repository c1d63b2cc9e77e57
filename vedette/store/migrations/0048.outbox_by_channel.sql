-- What is due for each channel, found without looking at what waits for others.
CREATE INDEX notifications_of_channel ON notifications (channel_id, next_attempt_at, position) WHERE state = 'pending';
