-- step 8, sales_lines
DELETE FROM "sales"."sales_lines_base" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
DELETE FROM "starjoin"."tombstones_sales_lines" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_order" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "ordered_at" = NULL,
  "is_urgent" = NULL,
  "customer_number" = NULL,
  "customer_name" = NULL,
  "telephone" = NULL,
  "born_on" = NULL,
  "wants_mail" = NULL,
  "credit_limit" = NULL,
  "home_region" = NULL,
  "billing_address" = NULL,
  "billing_street" = NULL,
  "billing_postcode" = NULL,
  "shipping_town" = NULL,
  "shipping_postcode" = NULL,
  "shipping_region" = NULL,
  "outlet_id" = NULL,
  "outlet_town" = NULL,
  "tax_rate" = NULL,
  "_pos_order__customer" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_pos_order__billing" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__billing__billing_address" = NULL,
  "_pos_order__shipping" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__shipping__shipping_address" = NULL,
  "_pos_order__outlet" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_pos_order__customer__home" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__customer__home__home_address" = NULL,
  "_pos_order__shipping__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__shipping__region__region_code" = NULL,
  "_pos_order__outlet__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__outlet__region__region_code" = NULL,
  "_pos_order__customer__home__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__customer__home__region__region_code" = NULL
WHERE "_pos_order" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_product" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "product_title" = NULL,
  "list_price" = NULL,
  "unit_weight" = NULL,
  "discontinued" = NULL,
  "released_on" = NULL,
  "category_title" = NULL,
  "usual_margin" = NULL,
  "department_title" = NULL,
  "age_restricted" = NULL,
  "_pos_product__category" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_product__category__category_id" = NULL,
  "_pos_product__category__department" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_product__category__department__department_code" = NULL
WHERE "_pos_product" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_product" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_order__customer" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "customer_name" = NULL,
  "telephone" = NULL,
  "born_on" = NULL,
  "wants_mail" = NULL,
  "credit_limit" = NULL,
  "home_region" = NULL,
  "_pos_order__customer__home" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__customer__home__home_address" = NULL,
  "_pos_order__customer__home__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__customer__home__region__region_code" = NULL
WHERE "_pos_order__customer" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__customer" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_order__billing" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "billing_address" = NULL,
  "billing_street" = NULL,
  "billing_postcode" = NULL
WHERE "_pos_order__billing" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__billing" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_order__shipping" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "shipping_town" = NULL,
  "shipping_postcode" = NULL,
  "shipping_region" = NULL,
  "_pos_order__shipping__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__shipping__region__region_code" = NULL
WHERE "_pos_order__shipping" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__shipping" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_order__outlet" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "outlet_town" = NULL,
  "tax_rate" = NULL,
  "_pos_order__outlet__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__outlet__region__region_code" = NULL
WHERE "_pos_order__outlet" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__outlet" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_product__category" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "category_title" = NULL,
  "usual_margin" = NULL,
  "department_title" = NULL,
  "age_restricted" = NULL,
  "_pos_product__category__department" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_product__category__department__department_code" = NULL
WHERE "_pos_product__category" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_product__category" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_order__customer__home" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "home_region" = NULL,
  "_pos_order__customer__home__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__customer__home__region__region_code" = NULL
WHERE "_pos_order__customer__home" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__customer__home" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_order__shipping__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "shipping_region" = NULL
WHERE "_pos_order__shipping__region" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__shipping__region" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_order__outlet__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "tax_rate" = NULL
WHERE "_pos_order__outlet__region" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__outlet__region" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_product__category__department" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "department_title" = NULL,
  "age_restricted" = NULL
WHERE "_pos_product__category__department" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_product__category__department" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sales_lines
UPDATE "sales"."sales_lines_base" SET
  "_pos_order__customer__home__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "home_region" = NULL
WHERE "_pos_order__customer__home__region" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__customer__home__region" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, supplier_lines
DELETE FROM "purchasing"."supplier_lines_base" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, supplier_lines
DELETE FROM "starjoin"."tombstones_supplier_lines" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, supplier_lines
UPDATE "purchasing"."supplier_lines_base" SET
  "_pos_product" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "made_in" = NULL,
  "supplier_number" = NULL,
  "supplier_title" = NULL,
  "supplier_rating" = NULL,
  "product_rating" = NULL,
  "department_code" = NULL,
  "_pos_product__category" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_product__category__category_id" = NULL,
  "_pos_product__maker" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_product__maker__made_by" = NULL,
  "_pos_product__category__department" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_product__category__department__department_code" = NULL
WHERE "_pos_product" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_product" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, supplier_lines
UPDATE "purchasing"."supplier_lines_base" SET
  "_pos_product__category" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "department_code" = NULL,
  "_pos_product__category__department" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_product__category__department__department_code" = NULL
WHERE "_pos_product__category" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_product__category" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, supplier_lines
UPDATE "purchasing"."supplier_lines_base" SET
  "_pos_product__maker" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "supplier_number" = NULL,
  "supplier_title" = NULL,
  "supplier_rating" = NULL
WHERE "_pos_product__maker" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_product__maker" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, supplier_lines
UPDATE "purchasing"."supplier_lines_base" SET
  "_pos_product__category__department" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "department_code" = NULL
WHERE "_pos_product__category__department" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_product__category__department" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
DELETE FROM "logistics"."deliveries_base" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
DELETE FROM "starjoin"."tombstones_deliveries" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_order" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "ordered_at" = NULL,
  "ordered_by" = NULL,
  "orderer_wants_mail" = NULL,
  "ordered_in" = NULL,
  "shipping_town" = NULL,
  "shipping_tax_rate" = NULL,
  "_pos_order__customer" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__customer__customer_number" = NULL,
  "_pos_order__shipping" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__shipping__shipping_address" = NULL,
  "_pos_order__outlet" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__outlet__outlet_id" = NULL,
  "_pos_order__shipping__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__shipping__region__region_code" = NULL,
  "_pos_order__outlet__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__outlet__region__region_code" = NULL
WHERE "_pos_order" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_depot" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "depot_town" = NULL,
  "depot_region" = NULL,
  "depot_region_title" = NULL,
  "_pos_depot__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22))
WHERE "_pos_depot" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_depot" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_receiver" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "receiver_telephone" = NULL,
  "receiver_town" = NULL,
  "receiver_postcode" = NULL,
  "_pos_receiver__home" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_receiver__home__home_address" = NULL
WHERE "_pos_receiver" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_receiver" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_order__customer" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "ordered_by" = NULL,
  "orderer_wants_mail" = NULL
WHERE "_pos_order__customer" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__customer" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_order__shipping" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "shipping_town" = NULL,
  "shipping_tax_rate" = NULL,
  "_pos_order__shipping__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__shipping__region__region_code" = NULL
WHERE "_pos_order__shipping" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__shipping" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_order__outlet" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "ordered_in" = NULL,
  "_pos_order__outlet__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_order__outlet__region__region_code" = NULL
WHERE "_pos_order__outlet" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__outlet" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_depot__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "depot_region_title" = NULL
WHERE "_pos_depot__region" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_depot__region" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_receiver__home" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "receiver_town" = NULL,
  "receiver_postcode" = NULL
WHERE "_pos_receiver__home" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_receiver__home" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_order__shipping__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "shipping_tax_rate" = NULL
WHERE "_pos_order__shipping__region" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__shipping__region" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, deliveries
UPDATE "logistics"."deliveries_base" SET
  "_pos_order__outlet__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "ordered_in" = NULL
WHERE "_pos_order__outlet__region" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_order__outlet__region" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));
