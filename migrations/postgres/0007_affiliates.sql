CREATE TABLE affiliates_suppliers (
    supplier BIGINT NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account TEXT NOT NULL UNIQUE,
    ecommerce_hash TEXT NOT NULL UNIQUE,
    timezone TEXT NOT NULL,
    default_rate BIGINT NOT NULL
);

-- Rates are in millionths. NULL: the supplier's default holds.
CREATE TABLE affiliates_affiliates (
    pcrid BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    rate BIGINT
);

CREATE TABLE affiliates_rates (
    pcrid BIGINT NOT NULL,
    supplier BIGINT NOT NULL,
    rate BIGINT NOT NULL,
    PRIMARY KEY (pcrid, supplier)
);

-- `place` numbers a supplier's accesses from 1 in the order of (created_at, id), without gaps: a page is found by it,
-- and how many lie between two instants is told by it, in as much time as a single look takes.
-- `record` is the rest of the access as it is answered.
CREATE TABLE affiliates_accesses (
    id BIGINT NOT NULL PRIMARY KEY,
    supplier BIGINT NOT NULL,
    place BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    uuid TEXT NOT NULL,
    pcrid BIGINT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX affiliates_accesses_by_time ON affiliates_accesses (supplier, created_at, id);
CREATE INDEX affiliates_accesses_by_place ON affiliates_accesses (supplier, place);

-- status: 0 pending, 1 approved, 2 rejected; `sent_status` is the one with which it came. Amounts are in hundredths.
-- `place` as in affiliates_accesses; ids are in the order of their bytes, whatever the database's collation.
CREATE TABLE affiliates_purchases (
    supplier BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    pcrid BIGINT NOT NULL,
    status BIGINT NOT NULL,
    sent_status BIGINT NOT NULL,
    purchase_date BIGINT NOT NULL,
    purchase_time TEXT,
    price BIGINT NOT NULL,
    payment_commission_date BIGINT NOT NULL,
    commission_base BIGINT NOT NULL,
    commission_value BIGINT NOT NULL,
    contact_name TEXT NOT NULL,
    tags TEXT NOT NULL,
    extra TEXT NOT NULL,
    PRIMARY KEY (supplier, id)
);
CREATE INDEX affiliates_purchases_by_time ON affiliates_purchases (supplier, created_at, id);
CREATE INDEX affiliates_purchases_by_place ON affiliates_purchases (supplier, place);
CREATE INDEX affiliates_purchases_by_status ON affiliates_purchases (supplier, status, place);

-- How many purchases of a status are in a block of places. A block of level 1 has 128 places, one of the next level 128
-- blocks of the level before.
CREATE TABLE affiliates_tallies (
    supplier BIGINT NOT NULL,
    status BIGINT NOT NULL,
    level BIGINT NOT NULL,
    block BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (supplier, status, level, block)
);

CREATE TABLE affiliates_changes (
    number BIGINT NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    supplier BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    changed_at BIGINT NOT NULL,
    from_status BIGINT NOT NULL,
    to_status BIGINT NOT NULL
);
CREATE INDEX affiliates_changes_by_purchase ON affiliates_changes (supplier, id);
