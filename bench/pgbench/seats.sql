BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT s.show, s.event_id, s.show_id, s.start_at, s.start_offset, s.last_update_hash, e.event_name, e.scheme, e.city, e.timezone, q.quota FROM tickets_shows s JOIN tickets_events e ON e.event_id = s.event_id LEFT JOIN tickets_quotas q ON q.event_id = e.event_id AND q.account = :account WHERE s.start_at > :now AND (e.restricted = 0 OR EXISTS (SELECT 1 FROM tickets_open_to o WHERE o.event_id = e.event_id AND o.account = :account))
 AND s.event_id = :event
 AND s.show_id = :show;
SELECT position, taken FROM tickets_seats WHERE show = :show AND taken > 0;
SELECT s.position FROM tickets_tickets t JOIN tickets_seats s ON s.show = t.show AND s.seat_id = t.seat_id WHERE t.state = 0 AND t.reserved_to <= :now AND t.show = :show;
COMMIT;
