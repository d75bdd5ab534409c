CREATE TABLE routes_regions (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE routes_units (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    uuid TEXT NOT NULL,
    office_manager_account_name TEXT,
    dodo_is_api_account_name TEXT,
    region_id BIGINT NOT NULL REFERENCES routes_regions
);

CREATE TABLE routes_report_types (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    verbose_name TEXT NOT NULL,
    parent_id BIGINT REFERENCES routes_report_types,
    priority BIGINT NOT NULL,
    is_active BIGINT NOT NULL
);
CREATE INDEX routes_report_types_by_parent ON routes_report_types (parent_id, priority DESC, id);

-- A role without an access code is given to nobody by asking for it.
CREATE TABLE routes_roles (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    access_code TEXT UNIQUE
);

CREATE TABLE routes_role_report_types (
    role_id BIGINT NOT NULL REFERENCES routes_roles,
    report_type_id BIGINT NOT NULL REFERENCES routes_report_types,
    PRIMARY KEY (role_id, report_type_id)
) WITHOUT ROWID;

-- `region_id` is the unit's, kept here so that the regions of a role, and its units in one, are found by an index.
CREATE TABLE routes_role_units (
    role_id BIGINT NOT NULL REFERENCES routes_roles,
    unit_id BIGINT NOT NULL REFERENCES routes_units,
    region_id BIGINT NOT NULL REFERENCES routes_regions,
    PRIMARY KEY (role_id, unit_id)
) WITHOUT ROWID;
CREATE INDEX routes_role_units_by_region ON routes_role_units (role_id, region_id, unit_id);

-- `number` is the order of creation; `type` is PRIVATE or GROUP.
CREATE TABLE routes_chats (
    number INTEGER NOT NULL PRIMARY KEY,
    chat_id BIGINT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    title TEXT NOT NULL,
    username TEXT,
    role_id BIGINT REFERENCES routes_roles
);

-- Millions of rows: who writes them has looked whether chat, type and unit exist.
CREATE TABLE routes_routes (
    chat_id BIGINT NOT NULL,
    report_type_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    PRIMARY KEY (chat_id, report_type_id, unit_id)
) WITHOUT ROWID;
CREATE INDEX routes_routes_by_unit ON routes_routes (unit_id, report_type_id, chat_id);

CREATE TABLE routes_account_roles (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
