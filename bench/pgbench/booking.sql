\set n :n + 1
\set seat_number :first + :n * :clients + :client_id
\set show :seat_number / :seats_of_show + 1
\set seat :seat_number % :seats_of_show + 1
\set barcode random(100000000000, 999999999999)
\set event_id :now + :seat_number
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT s.show, s.event_id, s.show_id, s.start_at, s.start_offset, s.last_update_hash, e.event_name, e.scheme, e.city, e.timezone, q.quota FROM tickets_shows s JOIN tickets_events e ON e.event_id = s.event_id LEFT JOIN tickets_quotas q ON q.event_id = e.event_id AND q.account = :account WHERE s.start_at > :now AND (e.restricted = 0 OR EXISTS (SELECT 1 FROM tickets_open_to o WHERE o.event_id = e.event_id AND o.account = :account))
 AND s.event_id = :event
 AND s.show_id = :show;
UPDATE tickets_seats SET taken = taken + 1 WHERE show = :show AND seat_id = :seat AND blocked = 0 AND taken < quantity;
INSERT INTO tickets_tickets (show, seat_id, account, state, reserved_to, reserved_offset, external_id, barcode, created_at)
 VALUES (:show, :seat, :account, 1, NULL, NULL, NULL, :barcode, :now)
 ON CONFLICT DO NOTHING RETURNING id;
INSERT INTO kernel_events (id, type, entity, account, data, occurred_at, partition) VALUES
 (:event_id, 'tickets.ticket.paid', :entity, :account, :data, :now, :n % 8);
COMMIT;
