-- What happens while the stream runs. Every statement is captured.

-- New purchases, one of them of a ticket that is entered only afterwards.
INSERT INTO ticket_activity
SELECT 4000 + n, 1000 + n % 600, timestamp '2021-10-01' + n * interval '13 seconds',
    timestamp '2021-10-01' + n * interval '13 seconds'
FROM generate_series(0, 499) n;
INSERT INTO ticket_activity VALUES (9001, 222, '2021-10-02 10:00', '2021-10-02 10:00');
INSERT INTO ticket VALUES (9001, 37, 'Premium', 'P-9', 350);

-- A ticket moves to another event, and that event to another place.
UPDATE ticket SET event_id = 36 WHERE ticket_id = 1;
UPDATE sport_event SET location = 'Brooklyn, USA', start_date = '2021-09-19' WHERE event_id = 36;

-- A customer has a new phone number and e-mail address.
UPDATE customer SET phone_number = '+1-296-605-9999', email_address = 'teresa.stein@example.com'
WHERE customer_id = 222;

-- A purchase is cancelled, and one that was cancelled is made again by another customer.
DELETE FROM ticket_activity WHERE ticket_id = 1500;
DELETE FROM ticket_activity WHERE ticket_id = 1501;
INSERT INTO ticket_activity VALUES (1501, 223, '2021-10-03 08:30', '2021-10-03 08:30:00.123456');

-- A buyer swaps seats: the key of the purchase changes.
UPDATE ticket_activity SET ticket_id = 4999, updated_at = '2021-10-04 09:15' WHERE ticket_id = 1502;

-- A customer asks to be forgotten, an event is withdrawn.
DELETE FROM customer WHERE customer_id = 1007;
DELETE FROM sport_event WHERE event_id = 139;
