-- The ticket seller's database before change capture starts: the seed rows, then a season's worth.
CREATE SCHEMA ticket_seller;
SET search_path = ticket_seller;

CREATE TABLE sport_event (
    event_id integer PRIMARY KEY,
    sport_type varchar(60) NOT NULL,
    start_date date NOT NULL,
    location varchar(200) NOT NULL
);
CREATE TABLE ticket (
    ticket_id integer PRIMARY KEY,
    event_id integer NOT NULL,
    seat_level varchar(40) NOT NULL,
    seat_location varchar(40) NOT NULL,
    ticket_price integer
);
CREATE TABLE customer (
    customer_id integer PRIMARY KEY,
    name varchar(200) NOT NULL,
    email_address varchar(320),
    phone_number varchar(60)
);
CREATE TABLE ticket_activity (
    ticket_id integer PRIMARY KEY,
    purchased_by integer,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);

INSERT INTO sport_event VALUES
    (35, 'Baseball', '2021-09-01', 'Seattle, USA'),
    (36, 'Baseball', '2021-09-18', 'New York, USA'),
    (37, 'Football', '2021-10-05', 'San Francisco, US');
INSERT INTO ticket VALUES
    (1, 35, 'Standard', 'S-1', 100),
    (2, 36, 'Standard', 'S-2', 100),
    (3, 37, 'Premium', 'P-1', 300);
INSERT INTO customer VALUES
    (222, 'Teresa Stein', 'teresa@example.com', '+1-296-605-8486'),
    (223, 'Caleb Houston', 'caleb@example.com', '087-237-9316x2670'),
    (224, 'Raymond Turner', 'raymond@example.net', '+1-786-503-2802x2357');
INSERT INTO ticket_activity VALUES
    (1, 222, '2021-08-15', '2021-08-15'),
    (2, 223, '2021-08-30', '2021-08-30'),
    (3, 224, '2021-08-31', '2021-08-31');

INSERT INTO sport_event
SELECT 100 + n, (ARRAY['Handball', 'Hockey', 'Tennis', 'Rugby'])[1 + n % 4],
    date '2021-10-01' + n, 'Arena ' || n || ', Zürich'
FROM generate_series(0, 39) n;
INSERT INTO ticket
SELECT 1000 + n, 100 + n % 40, CASE WHEN n % 10 = 0 THEN 'Premium' ELSE 'Standard' END,
    CASE WHEN n % 10 = 0 THEN 'P-' ELSE 'S-' END || n, 40 + n % 160
FROM generate_series(0, 3999) n;
INSERT INTO customer
SELECT 1000 + n, 'Customer ' || n, 'customer' || n || '@example.org',
    '+41-44-' || lpad(n::text, 7, '0')
FROM generate_series(0, 599) n;
INSERT INTO ticket_activity
SELECT 1000 + n, 1000 + n * 7 % 600, timestamp '2021-09-01' + n * interval '97 seconds',
    timestamp '2021-09-01' + n * interval '97 seconds'
FROM generate_series(0, 2999) n;
