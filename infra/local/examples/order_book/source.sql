-- The order book's database before change capture starts: a few rows at the edges of their types,
-- then a year's worth. Nothing refers by foreign key, so anything may come late or go first.
CREATE SCHEMA "Retail";
SET search_path = "Retail";

CREATE TABLE department (
    department_code smallint PRIMARY KEY,
    department_title varchar(40) NOT NULL,
    age_restricted boolean
);
CREATE TABLE product_category (
    category_id integer PRIMARY KEY,
    category_title varchar(60),
    department_code smallint,
    usual_margin numeric(5, 4)
);
CREATE TABLE supplier (
    country varchar(2),
    number integer,
    title varchar(80) NOT NULL,
    rating double precision,
    bank_account varchar(34),
    PRIMARY KEY (country, number)
);
CREATE TABLE "Products" (
    "ProductID" bigint PRIMARY KEY,
    title varchar(120) NOT NULL,
    rating numeric(3, 2),
    category_id integer,
    made_in varchar(2),
    made_by integer,
    list_price numeric(12, 4),
    unit_weight double precision,
    discontinued boolean NOT NULL,
    released_on date,
    buying_note text -- declared nowhere
);
CREATE TABLE sales_region (
    region_code varchar(8) PRIMARY KEY,
    region_title varchar(40),
    tax_rate numeric(6, 5)
);
CREATE TABLE outlet (
    outlet_id smallint PRIMARY KEY,
    outlet_town varchar(80),
    region_code varchar(8)
);
CREATE TABLE postal_address (
    address_id bigint PRIMARY KEY,
    street_line varchar(160),
    postcode varchar(16),
    town varchar(80),
    region_code varchar(8)
);
CREATE TABLE customer (
    customer_number varchar(24) PRIMARY KEY,
    full_name varchar(120),
    telephone varchar(40),
    born_on date,
    wants_mail boolean,
    credit_limit numeric(38, 2),
    home_address bigint,
    remarks varchar(400)
);
CREATE TABLE "order" (
    order_id bigint PRIMARY KEY,
    customer_number varchar(24),
    billing_address bigint,
    shipping_address bigint,
    outlet_id smallint,
    ordered_at timestamp NOT NULL,
    is_urgent boolean
);
-- The key is not the first columns, nor in their order.
CREATE TABLE "OrderLines" (
    "ProductID" bigint,
    line_number smallint,
    order_id bigint,
    quantity numeric(10, 3),
    unit_price numeric(12, 4),
    discount double precision,
    gift_wrapped boolean,
    changed_at timestamp NOT NULL,
    PRIMARY KEY (order_id, line_number)
);
CREATE TABLE shipment (
    shipment_number varchar(20) PRIMARY KEY,
    order_id bigint,
    depot_id smallint,
    received_by varchar(24),
    gross_weight double precision,
    freight_cost numeric(38, 10),
    is_insured boolean,
    shipped_at timestamp,
    delivered_on date
);
-- No target reaches it.
CREATE TABLE price_history ("ProductID" bigint, valid_from date, PRIMARY KEY ("ProductID", valid_from));

INSERT INTO department VALUES
    (-32768, 'Archive', NULL), (1, 'Food', false), (2, 'Drinks', true), (3, 'Garden', false),
    (32767, 'Gifts', false);
INSERT INTO product_category
SELECT n, 'Category ' || n, CASE WHEN n % 6 < 5 THEN (ARRAY[1, 2, 3, 32767, -32768])[1 + n % 6] END,
    0.1 + n * 0.0125
FROM generate_series(0, 19) n;
INSERT INTO supplier
SELECT (ARRAY['CH', 'FR', 'JP'])[1 + n % 3], n / 3, 'Supplier ' || n, n / 7.0::double precision,
    'XX00' || n
FROM generate_series(0, 29) n;
INSERT INTO sales_region VALUES
    ('NORTH', 'Nord – 北', 0.08100), ('SOUTH', 'Süd', 0.02600), ('EAST', 'Ost', 0), ('', NULL, NULL);
INSERT INTO outlet
SELECT n, 'Outlet town ' || n, (ARRAY['NORTH', 'SOUTH', 'EAST', '', NULL])[1 + n % 5]
FROM generate_series(1, 12) n;
INSERT INTO postal_address
SELECT 9000000000 + n, 'Long Lane ' || n || CASE WHEN n % 4 = 0 THEN 'b' ELSE '' END,
    lpad((n * 37 % 9000)::text, 4, '0'), 'Town ' || n % 40,
    (ARRAY['NORTH', 'SOUTH', 'EAST'])[1 + n % 3]
FROM generate_series(0, 299) n;
INSERT INTO customer
SELECT 'C-' || n, 'Person ' || n, '+41 44 ' || lpad(n::text, 7, '0'),
    CASE WHEN n % 9 > 0 THEN date '1950-01-01' + n * 97 END, (ARRAY[true, false, NULL])[1 + n % 3],
    n * 250, CASE WHEN n % 8 > 0 THEN 9000000000 + n END, 'Remark ' || n
FROM generate_series(0, 199) n;
INSERT INTO "Products"
SELECT 5000000000 + n, 'Product ' || n, n % 500 / 100.0, CASE WHEN n % 11 > 0 THEN n % 20 END,
    CASE WHEN n % 13 > 0 THEN (ARRAY['CH', 'FR', 'JP'])[1 + n % 3] END,
    CASE WHEN n % 17 > 0 THEN n % 10 END, n * 1.2345, n * 0.1, n % 7 = 0,
    date '2020-02-29' + n, 'Bought at ' || n
FROM generate_series(0, 149) n;
INSERT INTO "order"
SELECT 7000000000 + n, CASE WHEN n % 10 > 0 THEN 'C-' || n * 7 % 200 END, 9000000000 + n % 300,
    CASE WHEN n % 3 > 0 THEN 9000000000 + n * 3 % 300 ELSE 9000000000 + n % 300 END, 1 + n % 12,
    timestamp '2023-01-01' + n * interval '13 hours 7 minutes 0.25 seconds', n % 5 = 0
FROM generate_series(0, 599) n;
INSERT INTO "OrderLines"
SELECT 5000000000 + (o * 5 + l * 31) % 150, l, 7000000000 + o, 1 + (o + l) % 9 * 0.125,
    (o + l) * 0.0375, CASE WHEN l > 1 THEN o / 1000.0 END, (ARRAY[true, false, NULL])[l],
    timestamp '2023-01-01 00:00:00.000001' + o * interval '13 hours' + l * interval '1 second'
FROM generate_series(0, 599) o, generate_series(1, 3) l
WHERE o % 4 >= l - 1;
INSERT INTO shipment
SELECT 'S/' || n, 7000000000 + n, 1 + n * 5 % 12, 'C-' || n * 3 % 200, n * 1.1, n * 0.0000000123,
    n % 2 = 0, timestamp '2023-01-02' + n * interval '13 hours', date '2023-01-04' + n
FROM generate_series(0, 449) n;

-- At the edges of their types, with references that lead nowhere.
INSERT INTO "Products" VALUES
    (-9223372036854775808, 'Fein "gemahlen" \ süß 😀', 9.99, -2147483648, 'ZZ', 2147483647,
        -99999999.9999, 1.7976931348623157e308, true, '0001-01-01', NULL),
    (9223372036854775807, '', -9.99, 7, 'CH', NULL, 99999999.9999, 5e-324, false, '9999-12-31', '');
INSERT INTO customer VALUES
    ('C 200 "ü"', '', '087-237-9316x2670', '2000-02-29', true, 123456789012345678901234567890123456.78,
        9000000001, NULL),
    ('', NULL, NULL, NULL, NULL, -0.01, -1, NULL);
INSERT INTO "order" VALUES
    (9100000000000000001, 'C 200 "ü"', -1, NULL, 32767, '9999-12-31 23:59:59.999999', NULL),
    (9223372036854775807, '', NULL, 9000000001, -32768, '0001-01-01', true);
INSERT INTO "OrderLines" VALUES
    (-9223372036854775808, 32767, 9100000000000000001, 9999999.999, -99999999.9999, 0.1 + 0.2::double precision, NULL,
        '1969-12-31 23:59:59.999999'),
    (9223372036854775807, -32768, 9223372036854775807, 0.001, 0.0001, -1e-300, true, '2024-02-29 12:00'),
    (NULL, 1, 9100000000000000001, NULL, NULL, NULL, NULL, '2024-03-31 02:30'),
    (5000000001, 1, 9100000000000000404, 1, 1, 6.02214076e23, false, '2024-03-31 02:30:00.5');
INSERT INTO shipment VALUES
    ('', 9100000000000000001, NULL, NULL, -0.5, 1234567890123456789012345678.0123456789, NULL, NULL, NULL),
    ('S/😀', 9223372036854775807, 12, '', 1e22, -0.0000000001, true, '2024-02-29', '2024-02-29');
