-- How the body is kept: 0 as it came, 1 compressed.
ALTER TABLE messages ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;
