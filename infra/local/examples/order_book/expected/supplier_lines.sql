SELECT
    l.line_number AS line_in_order, l.order_id AS sold_in_order, l.quantity AS sold, p.made_in,
    m.number AS supplier_number, m.title AS supplier_title, m.rating AS supplier_rating,
    p.rating AS product_rating, d.department_code
FROM "Retail"."OrderLines" l
LEFT JOIN "Retail"."Products" p ON p."ProductID" = l."ProductID"
LEFT JOIN "Retail".supplier m ON (m.country, m.number) = (p.made_in, p.made_by)
LEFT JOIN "Retail".product_category k ON k.category_id = p.category_id
LEFT JOIN "Retail".department d ON d.department_code = k.department_code
