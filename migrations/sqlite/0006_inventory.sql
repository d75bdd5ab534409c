-- Credentials that were given for a key, and end with it. `refreshes`: 1 for what gets a new one, 0 for what opens.
CREATE TABLE kernel_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    refreshes BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX kernel_tokens_by_expiry ON kernel_tokens (expires_at);

-- Shops, products and stock are numbered within their account, from 1 and without gaps: nothing is ever removed. So
-- the last number of each is its count, and a page by number begins at a number.
CREATE TABLE inventory_accounts (
    number INTEGER NOT NULL PRIMARY KEY,
    account TEXT NOT NULL UNIQUE,
    shops BIGINT NOT NULL,
    products BIGINT NOT NULL,
    stock BIGINT NOT NULL
);

-- `folded` is the name without regard to case, in which is searched and by which is ordered.
CREATE TABLE inventory_shops (
    account BIGINT NOT NULL,
    number BIGINT NOT NULL,
    shop_id TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    address TEXT,
    open_date BIGINT,
    latitude BIGINT,
    longitude BIGINT,
    group_id TEXT,
    format_id TEXT,
    PRIMARY KEY (account, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX inventory_shops_by_id ON inventory_shops (account, shop_id);
CREATE INDEX inventory_shops_by_name ON inventory_shops (account, folded, number);

CREATE TABLE inventory_products (
    account BIGINT NOT NULL,
    number BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    barcode TEXT,
    article TEXT,
    category_id TEXT,
    unit_id TEXT,
    brand_id TEXT,
    producer_id TEXT,
    active BIGINT NOT NULL,
    PRIMARY KEY (account, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX inventory_products_by_id ON inventory_products (account, product_id);
CREATE INDEX inventory_products_by_name ON inventory_products (account, folded, number);

-- `day` counts from 1970-01-01; `qty` and `price` are in ten-thousandths, `total` in hundredths; `shop` and `product`
-- are numbers.
CREATE TABLE inventory_stock (
    account BIGINT NOT NULL,
    number BIGINT NOT NULL,
    day BIGINT NOT NULL,
    shop BIGINT NOT NULL,
    product BIGINT NOT NULL,
    qty BIGINT NOT NULL,
    price BIGINT,
    total BIGINT NOT NULL,
    PRIMARY KEY (account, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX inventory_stock_by_key ON inventory_stock (account, day, shop, product);
CREATE INDEX inventory_stock_by_day ON inventory_stock (account, day, number);
CREATE INDEX inventory_stock_by_shop ON inventory_stock (account, shop, number, day);
CREATE INDEX inventory_stock_by_product ON inventory_stock (account, product, number, day);

-- How much stock there is, so that nobody has to count it: on a day (between which numbers, too), of a shop on a day,
-- of a product on a day.
CREATE TABLE inventory_days (
    account BIGINT NOT NULL,
    day BIGINT NOT NULL,
    stock BIGINT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (account, day)
) WITHOUT ROWID;
CREATE TABLE inventory_shop_days (
    account BIGINT NOT NULL,
    day BIGINT NOT NULL,
    shop BIGINT NOT NULL,
    stock BIGINT NOT NULL,
    PRIMARY KEY (account, day, shop)
) WITHOUT ROWID;
CREATE TABLE inventory_product_days (
    account BIGINT NOT NULL,
    day BIGINT NOT NULL,
    product BIGINT NOT NULL,
    stock BIGINT NOT NULL,
    PRIMARY KEY (account, day, product)
) WITHOUT ROWID;
