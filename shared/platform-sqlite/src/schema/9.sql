-- A sum over the message (CRC-32), by which it shows that the disk has damaged it. NULL: it was kept before there were sums.
ALTER TABLE messages ADD COLUMN sum INTEGER;
