BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT u.id, u.name, u.uuid, u.office_manager_account_name, u.dodo_is_api_account_name, u.region_id, g.name FROM routes_units u JOIN routes_regions g ON g.id = u.region_id ORDER BY u.id
 LIMIT 101 OFFSET 0;
COMMIT;
