-- Lists and pruning go by the time of the last change.
CREATE INDEX ledger_updated ON ledger (updated);
