BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
\set offset 0
SELECT u.id, u.name, u.uuid, u.office_manager_account_name, u.dodo_is_api_account_name, u.region_id, (SELECT g.name FROM routes_regions g WHERE g.id = u.region_id) FROM routes_units u WHERE u.position >= :offset ORDER BY u.position
 LIMIT 101 OFFSET 0;
COMMIT;
