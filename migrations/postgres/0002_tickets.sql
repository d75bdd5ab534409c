CREATE TABLE tickets_events (
    event_id BIGINT NOT NULL PRIMARY KEY,
    event_name TEXT NOT NULL,
    city TEXT NOT NULL,
    timezone TEXT NOT NULL,
    scheme TEXT NOT NULL,
    -- 1: only the accounts in tickets_open_to may see and sell it.
    restricted BIGINT NOT NULL
);

CREATE TABLE tickets_open_to (
    event_id BIGINT NOT NULL REFERENCES tickets_events,
    account TEXT NOT NULL,
    PRIMARY KEY (event_id, account)
);

CREATE TABLE tickets_quotas (
    event_id BIGINT NOT NULL REFERENCES tickets_events,
    account TEXT NOT NULL,
    quota BIGINT NOT NULL,
    PRIMARY KEY (event_id, account)
);

-- `show` in the tables below is the number here: a show_id need only be unique within its event.
CREATE TABLE tickets_shows (
    -- Never given again: tickets of a show that was removed keep its number.
    show BIGINT NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    event_id BIGINT NOT NULL REFERENCES tickets_events,
    show_id BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    start_offset BIGINT NOT NULL,
    last_update_hash TEXT NOT NULL,
    UNIQUE (event_id, show_id)
);
CREATE INDEX tickets_shows_by_start ON tickets_shows (start_at);

CREATE TABLE tickets_zones (
    show BIGINT NOT NULL REFERENCES tickets_shows,
    zone_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (show, zone_id)
);

-- `taken` counts the tickets of the seat that are paid or reserved, those included whose reservation has run
-- out but is not yet marked so. One conditional UPDATE of it decides who gets the seat.
CREATE TABLE tickets_seats (
    show BIGINT NOT NULL REFERENCES tickets_shows,
    seat_id TEXT NOT NULL,
    zone_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    coords TEXT NOT NULL,
    seat_row BIGINT,
    place BIGINT,
    admission BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    price BIGINT NOT NULL,
    currency_id TEXT NOT NULL,
    blocked BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    PRIMARY KEY (show, seat_id),
    CHECK (taken BETWEEN 0 AND quantity)
)
-- A sale then finds room on the row's page and touches no index, where it would clash with its neighbours.
WITH (fillfactor = 50);

-- state: 0 reserved, 1 paid, 2 removed, 3 run out.
CREATE TABLE tickets_tickets (
    id BIGINT NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    show BIGINT NOT NULL,
    seat_id TEXT NOT NULL,
    account TEXT NOT NULL,
    state BIGINT NOT NULL,
    reserved_to BIGINT,
    reserved_offset BIGINT,
    external_id TEXT,
    barcode TEXT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tickets_live_external_id ON tickets_tickets (show, account, external_id) WHERE state < 2;
CREATE INDEX tickets_run_out_external_id ON tickets_tickets (show, account, external_id) WHERE state = 3 AND external_id IS NOT NULL;
CREATE UNIQUE INDEX tickets_barcode ON tickets_tickets (barcode) WHERE barcode IS NOT NULL;
CREATE INDEX tickets_reserved_to ON tickets_tickets (reserved_to) WHERE state = 0;
