-- Which mapping a dead letter's order went through: its name and version.
ALTER TABLE dead_letters ADD COLUMN mapping TEXT;

-- Requests about personal data, for the operator. `request` is the whole of it as JSON; it holds ids of the shop and of the destinations, never an e-mail.
CREATE TABLE privacy (
    id       TEXT    PRIMARY KEY,
    received INTEGER NOT NULL,
    request  TEXT    NOT NULL
) STRICT;

-- Destinations that are left alone. A closed circuit has no row.
CREATE TABLE circuits (
    destination TEXT    PRIMARY KEY,
    until       INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    why         TEXT    NOT NULL,
    probe_until INTEGER NOT NULL DEFAULT 0 -- 0: no probe is out
) STRICT;
