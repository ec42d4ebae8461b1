SELECT
    s.shipment_number, s.order_id, o.ordered_at,
    treated.token(c.customer_number, '{token_key}') AS ordered_by,
    c.wants_mail AS orderer_wants_mail, tr.region_title AS ordered_in, a.town AS shipping_town,
    ar.tax_rate AS shipping_tax_rate, d.outlet_town AS depot_town, d.region_code AS depot_region,
    dr.region_title AS depot_region_title,
    treated.token(s.received_by, '{token_key}') AS received_by,
    treated.masked(r.telephone) AS receiver_telephone, h.town AS receiver_town,
    treated.token(h.postcode, '{token_key}') AS receiver_postcode, s.gross_weight,
    s.freight_cost, s.is_insured, s.shipped_at, s.delivered_on
FROM "Retail".shipment s
LEFT JOIN "Retail"."order" o ON o.order_id = s.order_id
LEFT JOIN "Retail".customer c ON c.customer_number = o.customer_number
LEFT JOIN "Retail".outlet t ON t.outlet_id = o.outlet_id
LEFT JOIN "Retail".sales_region tr ON tr.region_code = t.region_code
LEFT JOIN "Retail".postal_address a ON a.address_id = o.shipping_address
LEFT JOIN "Retail".sales_region ar ON ar.region_code = a.region_code
LEFT JOIN "Retail".outlet d ON d.outlet_id = s.depot_id
LEFT JOIN "Retail".sales_region dr ON dr.region_code = d.region_code
LEFT JOIN "Retail".customer r ON r.customer_number = s.received_by
LEFT JOIN "Retail".postal_address h ON h.address_id = r.home_address
