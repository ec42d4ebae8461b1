-- What happens while the stream runs, each BEGIN to COMMIT a transaction.

-- An order's line and shipment come first, then the order; the line's product, its category, that
-- category's department and the product's supplier come one by one, the lowest last.
BEGIN;
INSERT INTO "OrderLines" VALUES
    (5000009001, 1, 7000009001, 2.5, 19.9900, 0.05, true, '2024-01-05 08:00'),
    (5000009001, 2, 7000009001, 1, 21.0000, NULL, false, '2024-01-05 08:00:01');
INSERT INTO shipment VALUES
    ('S/9001', 7000009001, 21, 'C-9001', 12.125, 7.5, true, '2024-01-05 17:45', '2024-01-08');
COMMIT;
BEGIN;
INSERT INTO "order" VALUES
    (7000009001, 'C-9001', 9000009001, 9000009002, 21, '2024-01-05 07:59:59.123456', true);
INSERT INTO "Products" VALUES
    (5000009001, 'Late product', 4.5, 901, 'NO', 1, 21, 0.333, false, '2024-01-01', NULL);
COMMIT;
BEGIN;
INSERT INTO product_category VALUES (901, 'Late category', 91, 0.3333);
INSERT INTO outlet VALUES (21, 'Late outlet', 'WEST');
INSERT INTO customer VALUES
    ('C-9001', 'Late Person', '+٤٧ ２２ 33 44 55', '1990-09-09', false, 1.5, 9000009001, 'late');
COMMIT;
BEGIN;
INSERT INTO department VALUES (91, 'Late department', true);
INSERT INTO supplier VALUES ('NO', 1, 'Late supplier', 0.1, 'NO00');
INSERT INTO postal_address VALUES
    (9000009001, 'Øvre gate nº 1 – «b»', '0150', 'Oslo', 'WEST'), (9000009002, 'Late Lane 2', '5003', NULL, NULL);
INSERT INTO sales_region VALUES ('WEST', 'West', 0.25);
COMMIT;

-- References move, at each level: a line's product, a product's category and maker (in part), a
-- category's department, an order's customer and addresses, a customer's home, an outlet's region.
BEGIN;
UPDATE "OrderLines" SET "ProductID" = 5000000002 WHERE order_id = 7000000003 AND line_number = 2;
UPDATE "Products" SET category_id = 3 WHERE "ProductID" = 5000000004;
UPDATE "Products" SET made_in = 'JP' WHERE "ProductID" BETWEEN 5000000005 AND 5000000007;
UPDATE "Products" SET made_by = 8, made_in = 'FR' WHERE "ProductID" = 5000000008;
UPDATE product_category SET department_code = 3 WHERE category_id IN (6, 7);
UPDATE "order" SET customer_number = 'C-12', billing_address = 9000000077 WHERE order_id = 7000000009;
UPDATE customer SET home_address = 9000000100 WHERE customer_number IN ('C-9', 'C-10');
UPDATE outlet SET region_code = 'SOUTH' WHERE outlet_id = 5;
UPDATE shipment SET depot_id = 2, received_by = 'C-5' WHERE shipment_number = 'S/10';
COMMIT;

-- References that were null are set; others become null, whole and in part.
BEGIN;
UPDATE "OrderLines" SET "ProductID" = 5000000010 WHERE order_id = 9100000000000000001 AND line_number = 1;
UPDATE "order" SET customer_number = 'C-1', shipping_address = 9000000005
WHERE customer_number IS NULL AND order_id < 7000000100;
UPDATE "Products" SET category_id = 1 WHERE category_id IS NULL AND "ProductID" < 5000000050;
UPDATE "Products" SET made_in = 'CH' WHERE made_in IS NULL AND "ProductID" < 5000000060;
UPDATE customer SET home_address = 9000000003 WHERE home_address IS NULL AND customer_number < 'C-15';
UPDATE outlet SET region_code = 'EAST' WHERE outlet_id = 4;
UPDATE product_category SET department_code = 1 WHERE category_id = 5;
UPDATE "Products" SET made_by = NULL WHERE "ProductID" = 5000000015;
UPDATE "order" SET shipping_address = NULL, outlet_id = NULL WHERE order_id = 7000000016;
UPDATE customer SET home_address = NULL WHERE customer_number = 'C-17';
UPDATE shipment SET order_id = NULL, depot_id = NULL WHERE shipment_number = 'S/18';
COMMIT;

-- Dimensions change, at each level.
BEGIN;
UPDATE department SET department_title = 'Drinks and more', age_restricted = NULL WHERE department_code = 2;
UPDATE product_category SET category_title = NULL, usual_margin = 0.0001 WHERE category_id = 8;
UPDATE supplier SET title = 'Supplier ' || number || ' AG', rating = rating / 3 WHERE country = 'CH';
UPDATE "Products" SET list_price = list_price + 0.0001, discontinued = NOT discontinued,
    rating = NULL, unit_weight = -0.0, released_on = NULL
WHERE "ProductID" BETWEEN 5000000020 AND 5000000039;
UPDATE sales_region SET tax_rate = 0.07700 WHERE region_code = 'NORTH';
UPDATE postal_address SET street_line = 'Kurze Gasse 12/3', postcode = '8001-9' WHERE address_id = 9000000003;
UPDATE customer SET telephone = '+1-786-503-2802x2357', full_name = NULL, born_on = '1970-01-01',
    credit_limit = -credit_limit, wants_mail = NOT wants_mail
WHERE customer_number LIKE 'C-2_';
UPDATE "order" SET is_urgent = NULL, ordered_at = ordered_at + interval '1 microsecond'
WHERE order_id % 50 = 0;
COMMIT;

-- Dimensions go, at each level; some of them come back as they were, or as others.
BEGIN;
DELETE FROM department WHERE department_code = -32768;
DELETE FROM product_category WHERE category_id IN (9, 10);
DELETE FROM supplier WHERE country = 'FR' AND number < 3;
DELETE FROM "Products" WHERE "ProductID" IN (5000000040, 5000000041, 5000000042);
DELETE FROM sales_region WHERE region_code = 'EAST';
DELETE FROM outlet WHERE outlet_id IN (6, 7);
DELETE FROM postal_address WHERE address_id BETWEEN 9000000020 AND 9000000029;
DELETE FROM customer WHERE customer_number IN ('C-30', 'C-31', 'C-32', '');
DELETE FROM "order" WHERE order_id BETWEEN 7000000040 AND 7000000044;
COMMIT;
BEGIN;
INSERT INTO product_category VALUES (10, 'Category 10 again', 1, NULL);
INSERT INTO "Products" VALUES
    (5000000041, 'Product 41 again', 1, 10, 'FR', 1, 41, 41, false, '2024-01-01', NULL);
INSERT INTO supplier VALUES ('FR', 1, 'Supplier FR 1 again', 1, NULL);
INSERT INTO outlet VALUES (7, 'Outlet town 7', 'SOUTH');
INSERT INTO customer VALUES ('C-31', 'Person 31', '31', '1931-01-31', true, 31, 9000000021, NULL);
INSERT INTO postal_address VALUES (9000000021, 'Long Lane 21', '0777', 'Town 21', 'NORTH');
INSERT INTO "order" VALUES
    (7000000041, 'C-31', 9000000021, 9000000021, 7, '2024-01-06', false);
COMMIT;

-- Keys of dimensions change: facts of the old key lose them, those of the new key find them. A key
-- of two columns changes in each of them and in both.
BEGIN;
UPDATE department SET department_code = 4 WHERE department_code = 3;
UPDATE product_category SET category_id = 902 WHERE category_id = 11;
UPDATE "Products" SET category_id = 902 WHERE category_id = 11;
UPDATE supplier SET number = 100 + number WHERE country = 'JP' AND number < 3;
UPDATE supplier SET country = 'DE' WHERE country = 'FR' AND number = 5;
UPDATE "Products" SET made_in = 'DE' WHERE made_in = 'FR' AND made_by = 5 AND "ProductID" < 5000000100;
UPDATE supplier SET country = 'AT', number = 1 WHERE country = 'CH' AND number = 4;
UPDATE "Products" SET made_in = 'AT', made_by = 1 WHERE made_in = 'CH' AND made_by = 5;
UPDATE "Products" SET "ProductID" = 5000009002 WHERE "ProductID" = 5000000043;
UPDATE sales_region SET region_code = 'SSOUTH' WHERE region_code = 'SOUTH';
UPDATE outlet SET outlet_id = 22 WHERE outlet_id = 8;
UPDATE postal_address SET address_id = 9000009003 WHERE address_id = 9000000040;
UPDATE customer SET customer_number = 'C-9002', telephone = '2' WHERE customer_number = 'C-33';
UPDATE "order" SET customer_number = 'C-9002' WHERE customer_number = 'C-34';
UPDATE "order" SET order_id = 7000009002 WHERE order_id = 7000000050;
COMMIT;
-- Two products exchange their keys, by way of a third.
BEGIN;
UPDATE "Products" SET "ProductID" = -7 WHERE "ProductID" = 5000000044;
UPDATE "Products" SET "ProductID" = 5000000044 WHERE "ProductID" = 5000000045;
UPDATE "Products" SET "ProductID" = 5000000045 WHERE "ProductID" = -7;
COMMIT;

-- Facts go, come back, and change their keys: in the second column, in the first, in both.
BEGIN;
DELETE FROM "OrderLines" WHERE order_id = 7000000101;
DELETE FROM shipment WHERE shipment_number IN ('S/101', 'S/102', '');
INSERT INTO "OrderLines" VALUES
    (5000000046, 1, 7000000101, 3, 3, 0.3, NULL, '2024-01-07 00:00:00.000001');
INSERT INTO shipment VALUES
    ('S/102', 7000000101, 1, 'C-9', 1, 0.0000000001, NULL, '2024-01-07', NULL);
UPDATE "OrderLines" SET line_number = 9, quantity = 9 WHERE order_id = 7000000102 AND line_number = 1;
UPDATE "OrderLines" SET order_id = 7000009001, line_number = line_number + 10 WHERE order_id = 7000000103;
UPDATE "OrderLines" SET order_id = 7000000105 WHERE order_id = 7000000107 AND line_number = 3;
UPDATE shipment SET shipment_number = 'S/9003', is_insured = NULL WHERE shipment_number = 'S/103';
COMMIT;
-- A key is left and taken again in one transaction; a row goes round and ends where it began.
BEGIN;
UPDATE "OrderLines" SET line_number = 50 WHERE order_id = 7000000110 AND line_number = 1;
UPDATE "OrderLines" SET line_number = 1 WHERE order_id = 7000000110 AND line_number = 2;
UPDATE "OrderLines" SET line_number = 2 WHERE order_id = 7000000110 AND line_number = 50;
UPDATE shipment SET shipment_number = 'S/elsewhere' WHERE shipment_number = 'S/110';
UPDATE shipment SET shipment_number = 'S/110', gross_weight = 110.110 WHERE shipment_number = 'S/elsewhere';
INSERT INTO shipment VALUES ('S/never', 7000000001, 1, 'C-1', 1, 1, true, '2024-01-01', '2024-01-01');
DELETE FROM shipment WHERE shipment_number = 'S/never';
COMMIT;

-- One key changes many times, within a transaction and over several.
DO $$
BEGIN
    FOR n IN 1..40 LOOP
        UPDATE "OrderLines" SET quantity = n, discount = n / 9.0 WHERE order_id = 7000000120;
        UPDATE "Products" SET list_price = n WHERE "ProductID" = 5000000047;
        UPDATE customer SET telephone = repeat(n::text, 3) || '-x' WHERE customer_number = 'C-40';
        UPDATE product_category SET department_code = 1 + n % 2 WHERE category_id = 12;
    END LOOP;
END $$;
BEGIN;
UPDATE "Products" SET list_price = 41 WHERE "ProductID" = 5000000047;
UPDATE shipment SET delivered_on = '2024-02-01' WHERE shipment_number = 'S/120';
COMMIT;
BEGIN;
UPDATE "Products" SET list_price = 42.4242, category_id = 12 WHERE "ProductID" = 5000000047;
UPDATE shipment SET delivered_on = NULL WHERE shipment_number = 'S/120';
COMMIT;

-- What no target shows changes; so does a table that no target reaches.
BEGIN;
UPDATE customer SET remarks = 'Remark' WHERE customer_number LIKE 'C-5_';
UPDATE "Products" SET buying_note = NULL WHERE "ProductID" = 5000000048;
INSERT INTO price_history VALUES (5000000048, '2024-01-01');
DELETE FROM price_history;
COMMIT;
