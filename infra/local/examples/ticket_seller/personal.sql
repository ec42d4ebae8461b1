-- Texts that stand nowhere else, in every column with a treatment; a test then looks for them.
UPDATE customer SET email_address = 'Xq7vMark@example.com', phone_number = '4711471147114711 ٤٧١١٤٧١١٤٧١١٤٧١١'
WHERE customer_id = 222;
