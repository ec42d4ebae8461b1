-- Texts that stand nowhere else, in every column with a treatment; a test then looks for them.
UPDATE customer SET customer_number = 'C-Xq7vMark', full_name = 'Xq7vMark', remarks = 'Xq7vMark',
    telephone = '4711471147114711'
WHERE customer_number = 'C-1';
UPDATE "order" SET customer_number = 'C-Xq7vMark' WHERE customer_number = 'C-7';
UPDATE shipment SET received_by = 'C-Xq7vMark' WHERE shipment_number = 'S/1';
DELETE FROM customer WHERE customer_number = 'C-Xq7vMark';
INSERT INTO customer VALUES
    ('C-Xq7vMark', 'Xq7vMark', '٤٧١١٤٧١١٤٧١١٤٧١١', NULL, NULL, NULL, 9000000001, 'Xq7vMark');
UPDATE postal_address SET street_line = 'Xq7vMark 4711471147114711', postcode = 'Xq7vMark'
WHERE address_id < 9000000010;
UPDATE supplier SET bank_account = 'Xq7vMark' WHERE country = 'CH';
UPDATE "Products" SET buying_note = 'Xq7vMark 4711471147114711' WHERE category_id = 1;
