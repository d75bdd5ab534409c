CREATE TABLE kernel_keys (
    prefix TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    api TEXT NOT NULL,
    account TEXT NOT NULL,
    errors_as_200 BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- `id` is a UUID: unique by construction, and an index on it would cost every sale a page.
CREATE TABLE kernel_events (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    entity TEXT NOT NULL,
    account TEXT NOT NULL,
    data TEXT NOT NULL,
    occurred_at BIGINT NOT NULL
);

CREATE TABLE kernel_marks (
    name TEXT NOT NULL PRIMARY KEY,
    set_at BIGINT NOT NULL
);

-- A row that a readiness check writes to find out whether writes last.
CREATE TABLE kernel_probe (
    count BIGINT NOT NULL
);
INSERT INTO kernel_probe (count) VALUES (0);
