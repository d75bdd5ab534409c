-- state: 0 intended, 1 made, 2 rejected, 3 cancelled. `claimed_until` keeps two servers from working at one order;
-- `asked_at` is when the intent was written; `next_at` is when the background job looks at it again, and NULL: never.
CREATE TABLE orders_orders (
    order_id BIGINT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    state BIGINT NOT NULL,
    their_order_id TEXT,
    status TEXT,
    asked_at BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL,
    pause BIGINT NOT NULL,
    next_at BIGINT
);
CREATE INDEX orders_orders_next ON orders_orders (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE orders_tries (
    number INTEGER NOT NULL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    call TEXT NOT NULL,
    outcome TEXT NOT NULL
);
CREATE INDEX orders_tries_by_order ON orders_tries (order_id);

CREATE TABLE orders_statuses (
    number INTEGER NOT NULL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    status_id BIGINT NOT NULL,
    their_status_id BIGINT NOT NULL
);
CREATE INDEX orders_statuses_by_order ON orders_statuses (order_id);
