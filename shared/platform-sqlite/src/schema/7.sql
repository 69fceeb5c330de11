-- What an operator's lists go by. The columns of `ledger_list` are all that a list filters by, so that it reads only the entries that it shows. `texts` is what a person may
-- look for: ids, numbers, records, errors and notes, in lower case.
ALTER TABLE ledger ADD COLUMN store TEXT;
ALTER TABLE ledger ADD COLUMN texts TEXT NOT NULL DEFAULT '';
DROP INDEX ledger_updated;
CREATE INDEX ledger_list ON ledger (updated DESC, route, order_id, state, store, texts);

-- The group of letters that the same thing would mend, and how many letters of its order this one stands for.
ALTER TABLE dead_letters ADD COLUMN reason_key TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN earlier INTEGER NOT NULL DEFAULT 0;
CREATE INDEX dead_letters_groups ON dead_letters (reason_key, id);

-- The messages of an order: what waits of it, and its dead letter.
CREATE INDEX messages_order ON messages (order_id, route) WHERE order_id IS NOT NULL;
