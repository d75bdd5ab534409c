BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT number, shops, products, stock FROM inventory_accounts WHERE account = :account;
SELECT
s.number, s.day, shop.shop_id, product.product_id, s.qty, s.price, s.total
FROM inventory_stock s
CROSS JOIN inventory_shops shop CROSS JOIN inventory_products product
WHERE
s.account = :number AND shop.account = :number AND shop.number = s.shop AND product.account = :number AND product.number = s.product
AND s.number BETWEEN :first AND :last ORDER BY s.number;
COMMIT;
