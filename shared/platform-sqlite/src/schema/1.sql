-- Times are whole microseconds since 1970-01-01T00:00:00Z.

-- What a shop sent, for as long as it waits or is dead. Written once; what changes while it waits is in the narrow table `queue`.
CREATE TABLE messages (
    id          INTEGER PRIMARY KEY,
    route       TEXT    NOT NULL,
    destination TEXT    NOT NULL,
    store       TEXT    NOT NULL,
    topic       TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    order_id    TEXT,
    modified    INTEGER,
    accepted    INTEGER NOT NULL,
    group_id    TEXT    NOT NULL,
    dedupe      TEXT,
    replays     INTEGER NOT NULL,
    body        BLOB    NOT NULL
) STRICT;

-- What waits or is in hand. A lower id came earlier. Only the head of a group, its earliest message, is ever handed out.
CREATE TABLE queue (
    id          INTEGER PRIMARY KEY REFERENCES messages (id),
    destination TEXT    NOT NULL,
    group_id    TEXT    NOT NULL,
    head        INTEGER NOT NULL,
    visible_at  INTEGER NOT NULL DEFAULT 0, -- 0: at once; else in hand or backing off until then
    receipt     INTEGER,                    -- the latest; NULL: none since it was last settled
    attempts    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX queue_groups ON queue (destination, group_id, id);
CREATE INDEX queue_ready ON queue (destination, id) WHERE head = 1 AND visible_at = 0;
CREATE INDEX queue_hidden ON queue (destination, visible_at) WHERE visible_at > 0;

-- Dedupe values and when they stop to swallow others.
CREATE TABLE dedupe (
    destination TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    expires     INTEGER NOT NULL,
    PRIMARY KEY (destination, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedupe_expires ON dedupe (expires);

-- Why a message could not be delivered. Ids are never used twice: an operator has written them down.
CREATE TABLE dead_letters (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    message  INTEGER NOT NULL UNIQUE REFERENCES messages (id),
    class    TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    request  TEXT,
    response TEXT,
    attempts INTEGER NOT NULL,
    died     INTEGER NOT NULL
) STRICT;

-- One entry per route and order. `entry` is the whole of it as JSON; the columns beside it are what it is found by.
CREATE TABLE ledger (
    order_id TEXT    NOT NULL,
    route    TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    updated  INTEGER NOT NULL,
    entry    TEXT    NOT NULL,
    PRIMARY KEY (order_id, route)
) STRICT;

-- One access token per destination, and the lease of whoever renews it.
CREATE TABLE tokens (
    destination TEXT    PRIMARY KEY,
    value       TEXT,
    base_url    TEXT,
    expires     INTEGER,
    generation  INTEGER NOT NULL DEFAULT 0,
    lease       INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;
