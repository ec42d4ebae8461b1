SELECT
    l.order_id, l.line_number, l.quantity, l.unit_price, l.discount, l.gift_wrapped, l.changed_at,
    l."ProductID" AS product_id, p.title AS product_title, p.list_price, p.unit_weight,
    p.discontinued, p.released_on, k.category_title, k.usual_margin, d.department_title,
    d.age_restricted, o.ordered_at, o.is_urgent,
    treated.token(o.customer_number, '{token_key}') AS customer_number,
    treated.redacted(c.full_name) AS customer_name, treated.masked(c.telephone) AS telephone,
    treated.digest(c.born_on::text) AS born_on, c.wants_mail, c.credit_limit,
    hr.region_title AS home_region, b.address_id AS billing_address,
    treated.masked_text(b.street_line) AS billing_street,
    treated.token(b.postcode, '{token_key}') AS billing_postcode, s.town AS shipping_town,
    treated.token(s.postcode, '{token_key}') AS shipping_postcode,
    sr.region_title AS shipping_region, o.outlet_id, t.outlet_town, tr.tax_rate
FROM "Retail"."OrderLines" l
LEFT JOIN "Retail"."Products" p ON p."ProductID" = l."ProductID"
LEFT JOIN "Retail".product_category k ON k.category_id = p.category_id
LEFT JOIN "Retail".department d ON d.department_code = k.department_code
LEFT JOIN "Retail"."order" o ON o.order_id = l.order_id
LEFT JOIN "Retail".customer c ON c.customer_number = o.customer_number
LEFT JOIN "Retail".postal_address h ON h.address_id = c.home_address
LEFT JOIN "Retail".sales_region hr ON hr.region_code = h.region_code
LEFT JOIN "Retail".postal_address b ON b.address_id = o.billing_address
LEFT JOIN "Retail".postal_address s ON s.address_id = o.shipping_address
LEFT JOIN "Retail".sales_region sr ON sr.region_code = s.region_code
LEFT JOIN "Retail".outlet t ON t.outlet_id = o.outlet_id
LEFT JOIN "Retail".sales_region tr ON tr.region_code = t.region_code
