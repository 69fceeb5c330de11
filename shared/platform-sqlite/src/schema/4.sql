-- When renewals of a destination's access token were granted, for destinations that hand out only so many.
CREATE TABLE token_grants (
    id          INTEGER PRIMARY KEY,
    destination TEXT    NOT NULL,
    granted     INTEGER NOT NULL
) STRICT;
CREATE INDEX token_grants_destination ON token_grants (destination, id);

-- What a destination's account may still call, as it last told. `budget` is the whole of it as JSON.
CREATE TABLE budgets (
    destination TEXT PRIMARY KEY,
    budget      TEXT NOT NULL
) STRICT;
