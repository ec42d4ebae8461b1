-- What a job that was stopped after the changes finds when it starts again.
UPDATE customer SET phone_number = '+41-99' WHERE customer_id < 1100;
