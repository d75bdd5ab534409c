BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT unit_id FROM routes_routes WHERE chat_id = :chat AND report_type_id = :type ORDER BY unit_id
 LIMIT 101 OFFSET 0;
COMMIT;
