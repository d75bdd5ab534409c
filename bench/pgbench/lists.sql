BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT s.show, s.event_id, s.show_id, s.start_at, s.start_offset, s.last_update_hash, e.event_name, e.scheme, e.city, e.timezone, q.quota FROM tickets_shows s JOIN tickets_events e ON e.event_id = s.event_id LEFT JOIN tickets_quotas q ON q.event_id = e.event_id AND q.account = :account WHERE s.start_at > :now AND (e.restricted = 0 OR EXISTS (SELECT 1 FROM tickets_open_to o WHERE o.event_id = e.event_id AND o.account = :account))
 ORDER BY s.start_at, s.event_id, s.show_id;
COMMIT;
