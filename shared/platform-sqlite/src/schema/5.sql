-- What a message is about: 0 an order, 1 a request about personal data. Beside the queue also its store, whose turn it is.
ALTER TABLE messages ADD COLUMN is_request INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN is_request INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN store TEXT NOT NULL DEFAULT '';
UPDATE queue SET store = (SELECT store FROM messages WHERE messages.id = queue.id);

-- When it was hidden, so that what a clock put off that was ahead waits no longer than it was to; and how often in a row it was in hand and never settled.
ALTER TABLE queue ADD COLUMN hidden_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;

DROP INDEX queue_ready;
DROP INDEX queue_hidden;
CREATE INDEX queue_ready ON queue (destination, store, id) WHERE head = 1 AND visible_at = 0 AND is_request = 0;
CREATE INDEX queue_hidden ON queue (destination, visible_at) WHERE visible_at > 0 AND is_request = 0;
CREATE INDEX queue_requests ON queue (destination, id) WHERE head = 1 AND is_request = 1;
CREATE INDEX queue_lost ON queue (lost) WHERE lost > 1;

-- When these were last written.
ALTER TABLE circuits ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN leased_at INTEGER NOT NULL DEFAULT 0;
