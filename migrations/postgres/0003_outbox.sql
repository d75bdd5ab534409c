-- Events of one entity are in one partition; one server at a time publishes it, in the order of positions.
ALTER TABLE kernel_events ADD COLUMN partition BIGINT NOT NULL DEFAULT 0;
ALTER TABLE kernel_events ADD COLUMN published_at BIGINT;
CREATE INDEX kernel_events_unpublished ON kernel_events (partition, position) WHERE published_at IS NULL;

-- Servers that publish, until they would have had to say so again.
CREATE TABLE kernel_publishers (
    name TEXT NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
);

-- Who publishes which partition, and until when nobody else may.
CREATE TABLE kernel_partitions (
    partition BIGINT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL
);
INSERT INTO kernel_partitions (partition, holder, until)
VALUES (0, '', 0), (1, '', 0), (2, '', 0), (3, '', 0), (4, '', 0), (5, '', 0), (6, '', 0), (7, '', 0);
