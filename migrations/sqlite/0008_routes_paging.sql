-- An offset passes over ids in pages of hundreds instead of rows in pages of twenty.
CREATE INDEX routes_units_by_id ON routes_units (id);
