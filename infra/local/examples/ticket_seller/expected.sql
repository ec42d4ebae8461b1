-- What the warehouse must hold, computed in the source. E-mail addresses come as HMAC tokens made
-- here from PostgreSQL's own sha256(): inner and outer key blocks as RFC 2104 has them.
WITH secret AS (
    SELECT rpad_key AS key FROM (
        SELECT convert_to('{token_key}', 'UTF8') || decode(repeat('00', 64 - {token_key_bytes}), 'hex')
            AS rpad_key
    ) padded
), pads AS (
    SELECT
        (SELECT string_agg(set_byte('\x00'::bytea, 0, get_byte(key, i) # 54), ''::bytea ORDER BY i)
         FROM generate_series(0, 63) i) AS inner_pad,
        (SELECT string_agg(set_byte('\x00'::bytea, 0, get_byte(key, i) # 92), ''::bytea ORDER BY i)
         FROM generate_series(0, 63) i) AS outer_pad
    FROM secret
)
SELECT
    a.ticket_id, t.event_id, e.sport_type, e.start_date, e.location, t.seat_level,
    t.seat_location, t.ticket_price, a.purchased_by, c.name,
    CASE WHEN c.email_address IS NOT NULL THEN encode(
        sha256(outer_pad || sha256(inner_pad || convert_to(c.email_address, 'UTF8'))), 'hex')
    END AS email_address,
    regexp_replace(c.phone_number, '[0-9]', '*', 'g') AS phone_number,
    a.created_at, a.updated_at
FROM ticket_seller.ticket_activity a
CROSS JOIN pads
LEFT JOIN ticket_seller.ticket t ON t.ticket_id = a.ticket_id
LEFT JOIN ticket_seller.sport_event e ON e.event_id = t.event_id
LEFT JOIN ticket_seller.customer c ON c.customer_id = a.purchased_by
ORDER BY a.ticket_id
