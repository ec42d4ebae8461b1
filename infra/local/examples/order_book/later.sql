-- What a job that was stopped after the changes finds when it starts again.
UPDATE department SET department_title = department_title || ' II';
UPDATE supplier SET rating = NULL WHERE country = 'AT';
UPDATE supplier SET number = 8 WHERE country = 'NO';
UPDATE "Products" SET made_by = 8 WHERE made_in = 'NO';
UPDATE customer SET telephone = '+41-99' WHERE customer_number < 'C-20';
DELETE FROM sales_region WHERE region_code = 'NORTH';
INSERT INTO sales_region VALUES ('EAST', 'Ost', 0.5);
UPDATE "OrderLines" SET line_number = -line_number WHERE order_id BETWEEN 7000000200 AND 7000000220;
DELETE FROM "order" WHERE order_id = 7000000230;
DELETE FROM shipment WHERE order_id BETWEEN 7000000240 AND 7000000250;
