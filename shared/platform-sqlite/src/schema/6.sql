-- How a state of an order came here: posted by the shop, read from it, or forced by an operator.
ALTER TABLE messages ADD COLUMN origin TEXT NOT NULL DEFAULT 'posted';

-- The number that the shop's customer sees.
ALTER TABLE ledger ADD COLUMN number TEXT;
CREATE INDEX ledger_number ON ledger (number) WHERE number IS NOT NULL;

-- The places from which long work goes on.
CREATE TABLE checkpoints (
    name     TEXT    PRIMARY KEY,
    text     TEXT    NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
