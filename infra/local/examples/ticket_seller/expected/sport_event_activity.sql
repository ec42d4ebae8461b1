SELECT
    a.ticket_id, t.event_id, e.sport_type, e.start_date, e.location, t.seat_level,
    t.seat_location, t.ticket_price, a.purchased_by, c.name,
    treated.token(c.email_address, '{token_key}') AS email_address,
    treated.masked(c.phone_number) AS phone_number, a.created_at, a.updated_at
FROM ticket_seller.ticket_activity a
LEFT JOIN ticket_seller.ticket t ON t.ticket_id = a.ticket_id
LEFT JOIN ticket_seller.sport_event e ON e.event_id = t.event_id
LEFT JOIN ticket_seller.customer c ON c.customer_id = a.purchased_by
