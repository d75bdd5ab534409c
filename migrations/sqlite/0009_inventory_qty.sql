-- Else each page ordered by quantity sorts all stock of the account.
CREATE INDEX inventory_stock_by_qty ON inventory_stock (account, qty, number);
