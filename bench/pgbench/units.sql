BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT u.id, u.name, u.uuid, u.office_manager_account_name, u.dodo_is_api_account_name, u.region_id, g.name FROM (SELECT id FROM routes_units ORDER BY id
 LIMIT 101 OFFSET 0
) p JOIN routes_units u ON u.id = p.id JOIN routes_regions g ON g.id = u.region_id ORDER BY u.id;
COMMIT;
