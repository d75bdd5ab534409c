-- The number of units before this one in the order of ids, so that a page is found without counting to its offset.
ALTER TABLE routes_units ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
UPDATE routes_units SET position = numbered.position
FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS position FROM routes_units) numbered
WHERE numbered.id = routes_units.id;
CREATE INDEX routes_units_by_position ON routes_units (position);
