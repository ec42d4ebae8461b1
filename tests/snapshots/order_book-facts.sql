-- step 2, sales_lines
CREATE TEMP TABLE "stage_rows_sales_lines" (
  "order_id" BIGINT,
  "line_number" SMALLINT,
  "quantity" DECIMAL(10,3),
  "unit_price" DECIMAL(12,4),
  "discount" DOUBLE PRECISION,
  "gift_wrapped" BOOLEAN,
  "changed_at" TIMESTAMP,
  "product_id" BIGINT,
  "product_title" VARCHAR(120),
  "list_price" DECIMAL(12,4),
  "unit_weight" DOUBLE PRECISION,
  "discontinued" BOOLEAN,
  "released_on" DATE,
  "category_title" VARCHAR(60),
  "usual_margin" DECIMAL(5,4),
  "department_title" VARCHAR(40),
  "age_restricted" BOOLEAN,
  "ordered_at" TIMESTAMP,
  "is_urgent" BOOLEAN,
  "customer_number" VARCHAR(64),
  "customer_name" VARCHAR(8),
  "telephone" VARCHAR(40),
  "born_on" VARCHAR(64),
  "wants_mail" BOOLEAN,
  "credit_limit" DECIMAL(38,2),
  "home_region" VARCHAR(40),
  "billing_address" BIGINT,
  "billing_street" VARCHAR(160),
  "billing_postcode" VARCHAR(64),
  "shipping_town" VARCHAR(80),
  "shipping_postcode" VARCHAR(64),
  "shipping_region" VARCHAR(40),
  "outlet_id" SMALLINT,
  "outlet_town" VARCHAR(80),
  "tax_rate" DECIMAL(6,5),
  "_pos" VARBYTE(22),
  "_pos_order" VARBYTE(22),
  "_pos_product" VARBYTE(22),
  "_pos_order__customer" VARBYTE(22),
  "_key_order__billing__billing_address" BIGINT,
  "_pos_order__billing" VARBYTE(22),
  "_key_order__shipping__shipping_address" BIGINT,
  "_pos_order__shipping" VARBYTE(22),
  "_pos_order__outlet" VARBYTE(22),
  "_key_product__category__category_id" INTEGER,
  "_pos_product__category" VARBYTE(22),
  "_key_order__customer__home__home_address" BIGINT,
  "_pos_order__customer__home" VARBYTE(22),
  "_key_order__shipping__region__region_code" VARCHAR(8),
  "_pos_order__shipping__region" VARBYTE(22),
  "_key_order__outlet__region__region_code" VARCHAR(8),
  "_pos_order__outlet__region" VARBYTE(22),
  "_key_product__category__department__department_code" SMALLINT,
  "_pos_product__category__department" VARBYTE(22),
  "_key_order__customer__home__region__region_code" VARCHAR(8),
  "_pos_order__customer__home__region" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTKEY ("order_id");

-- step 2, sales_lines
COPY "stage_rows_sales_lines" FROM 's3://staged/sales_lines' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, supplier_lines
CREATE TEMP TABLE "stage_rows_supplier_lines" (
  "line_in_order" SMALLINT,
  "sold_in_order" BIGINT,
  "sold" DECIMAL(10,3),
  "made_in" VARCHAR(2),
  "supplier_number" INTEGER,
  "supplier_title" VARCHAR(80),
  "supplier_rating" DOUBLE PRECISION,
  "product_rating" DECIMAL(3,2),
  "department_code" SMALLINT,
  "_pos" VARBYTE(22),
  "_key_product__product_id" BIGINT,
  "_pos_product" VARBYTE(22),
  "_key_product__category__category_id" INTEGER,
  "_pos_product__category" VARBYTE(22),
  "_key_product__maker__made_by" INTEGER,
  "_pos_product__maker" VARBYTE(22),
  "_key_product__category__department__department_code" SMALLINT,
  "_pos_product__category__department" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, supplier_lines
COPY "stage_rows_supplier_lines" FROM 's3://staged/supplier_lines' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, deliveries
CREATE TEMP TABLE "stage_rows_deliveries" (
  "shipment_number" VARCHAR(20),
  "order_id" BIGINT,
  "ordered_at" TIMESTAMP,
  "ordered_by" VARCHAR(64),
  "orderer_wants_mail" BOOLEAN,
  "ordered_in" VARCHAR(40),
  "shipping_town" VARCHAR(80),
  "shipping_tax_rate" DECIMAL(6,5),
  "depot_town" VARCHAR(80),
  "depot_region" VARCHAR(8),
  "depot_region_title" VARCHAR(40),
  "received_by" VARCHAR(64),
  "receiver_telephone" VARCHAR(40),
  "receiver_town" VARCHAR(80),
  "receiver_postcode" VARCHAR(64),
  "gross_weight" DOUBLE PRECISION,
  "freight_cost" DECIMAL(38,10),
  "is_insured" BOOLEAN,
  "shipped_at" TIMESTAMP,
  "delivered_on" DATE,
  "_pos" VARBYTE(22),
  "_pos_order" VARBYTE(22),
  "_key_depot__depot_id" SMALLINT,
  "_pos_depot" VARBYTE(22),
  "_pos_receiver" VARBYTE(22),
  "_key_order__customer__customer_number" VARCHAR(64),
  "_pos_order__customer" VARBYTE(22),
  "_key_order__shipping__shipping_address" BIGINT,
  "_pos_order__shipping" VARBYTE(22),
  "_key_order__outlet__outlet_id" SMALLINT,
  "_pos_order__outlet" VARBYTE(22),
  "_pos_depot__region" VARBYTE(22),
  "_key_receiver__home__home_address" BIGINT,
  "_pos_receiver__home" VARBYTE(22),
  "_key_order__shipping__region__region_code" VARCHAR(8),
  "_pos_order__shipping__region" VARBYTE(22),
  "_key_order__outlet__region__region_code" VARCHAR(8),
  "_pos_order__outlet__region" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTKEY ("shipment_number");

-- step 2, deliveries
COPY "stage_rows_deliveries" FROM 's3://staged/deliveries' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, the range of staged keys
SELECT 0 AS target_number, MIN("order_id") AS least, MAX("order_id") AS greatest FROM "stage_rows_sales_lines"
UNION ALL SELECT 1 AS target_number, MIN("sold_in_order") AS least, MAX("sold_in_order") AS greatest FROM "stage_rows_supplier_lines";

-- step 5, sales_lines
CREATE TEMP TABLE "next_rows_sales_lines" DISTKEY ("order_id") AS
SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region", "_deleted", "_staged"
FROM (
  SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region", "_deleted", "_staged", "_changed"
  FROM (
    SELECT pool."order_id", pool."line_number", pool."quantity", pool."unit_price", pool."discount", pool."gift_wrapped", pool."changed_at", pool."product_id", pool."product_title", pool."list_price", pool."unit_weight", pool."discontinued", pool."released_on", pool."category_title", pool."usual_margin", pool."department_title", pool."age_restricted", pool."ordered_at", pool."is_urgent", pool."customer_number", pool."customer_name", pool."telephone", pool."born_on", pool."wants_mail", pool."credit_limit", pool."home_region", pool."billing_address", pool."billing_street", pool."billing_postcode", pool."shipping_town", pool."shipping_postcode", pool."shipping_region", pool."outlet_id", pool."outlet_town", pool."tax_rate", pool."_pos", pool."_pos_order", pool."_pos_product", pool."_pos_order__customer", pool."_key_order__billing__billing_address", pool."_pos_order__billing", pool."_key_order__shipping__shipping_address", pool."_pos_order__shipping", pool."_pos_order__outlet", pool."_key_product__category__category_id", pool."_pos_product__category", pool."_key_order__customer__home__home_address", pool."_pos_order__customer__home", pool."_key_order__shipping__region__region_code", pool."_pos_order__shipping__region", pool."_key_order__outlet__region__region_code", pool."_pos_order__outlet__region", pool."_key_product__category__department__department_code", pool."_pos_product__category__department", pool."_key_order__customer__home__region__region_code", pool."_pos_order__customer__home__region", pool."_deleted", pool."_staged", 0 AS "_changed",
      ROW_NUMBER() OVER (PARTITION BY pool."order_id", pool."line_number" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
    FROM (
      SELECT t."order_id", t."line_number", t."quantity", t."unit_price", t."discount", t."gift_wrapped", t."changed_at", t."product_id", t."product_title", t."list_price", t."unit_weight", t."discontinued", t."released_on", t."category_title", t."usual_margin", t."department_title", t."age_restricted", t."ordered_at", t."is_urgent", t."customer_number", t."customer_name", t."telephone", t."born_on", t."wants_mail", t."credit_limit", t."home_region", t."billing_address", t."billing_street", t."billing_postcode", t."shipping_town", t."shipping_postcode", t."shipping_region", t."outlet_id", t."outlet_town", t."tax_rate", t."_pos", t."_pos_order", t."_pos_product", t."_pos_order__customer", t."_key_order__billing__billing_address", t."_pos_order__billing", t."_key_order__shipping__shipping_address", t."_pos_order__shipping", t."_pos_order__outlet", t."_key_product__category__category_id", t."_pos_product__category", t."_key_order__customer__home__home_address", t."_pos_order__customer__home", t."_key_order__shipping__region__region_code", t."_pos_order__shipping__region", t."_key_order__outlet__region__region_code", t."_pos_order__outlet__region", t."_key_product__category__department__department_code", t."_pos_product__category__department", t."_key_order__customer__home__region__region_code", t."_pos_order__customer__home__region", FALSE AS "_deleted", 0 AS "_staged"
      FROM "sales"."sales_lines_base" AS t
      JOIN (SELECT DISTINCT "order_id", "line_number" FROM "stage_rows_sales_lines") AS touched ON t."order_id" = touched."order_id" AND t."line_number" = touched."line_number" AND t."order_id" BETWEEN 1 AND 1000
      UNION ALL
      SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region", "_deleted", 1 AS "_staged"
      FROM "stage_rows_sales_lines"
      UNION ALL
      SELECT b."order_id", b."line_number", NULL AS "quantity", NULL AS "unit_price", NULL AS "discount", NULL AS "gift_wrapped", NULL AS "changed_at", NULL AS "product_id", NULL AS "product_title", NULL AS "list_price", NULL AS "unit_weight", NULL AS "discontinued", NULL AS "released_on", NULL AS "category_title", NULL AS "usual_margin", NULL AS "department_title", NULL AS "age_restricted", NULL AS "ordered_at", NULL AS "is_urgent", NULL AS "customer_number", NULL AS "customer_name", NULL AS "telephone", NULL AS "born_on", NULL AS "wants_mail", NULL AS "credit_limit", NULL AS "home_region", NULL AS "billing_address", NULL AS "billing_street", NULL AS "billing_postcode", NULL AS "shipping_town", NULL AS "shipping_postcode", NULL AS "shipping_region", NULL AS "outlet_id", NULL AS "outlet_town", NULL AS "tax_rate", b."_pos", NULL AS "_pos_order", NULL AS "_pos_product", NULL AS "_pos_order__customer", NULL AS "_key_order__billing__billing_address", NULL AS "_pos_order__billing", NULL AS "_key_order__shipping__shipping_address", NULL AS "_pos_order__shipping", NULL AS "_pos_order__outlet", NULL AS "_key_product__category__category_id", NULL AS "_pos_product__category", NULL AS "_key_order__customer__home__home_address", NULL AS "_pos_order__customer__home", NULL AS "_key_order__shipping__region__region_code", NULL AS "_pos_order__shipping__region", NULL AS "_key_order__outlet__region__region_code", NULL AS "_pos_order__outlet__region", NULL AS "_key_product__category__department__department_code", NULL AS "_pos_product__category__department", NULL AS "_key_order__customer__home__region__region_code", NULL AS "_pos_order__customer__home__region", TRUE AS "_deleted", 0 AS "_staged"
      FROM "starjoin"."tombstones_sales_lines" AS b
      JOIN (SELECT DISTINCT "order_id", "line_number" FROM "stage_rows_sales_lines") AS s ON b."order_id" = s."order_id" AND b."line_number" = s."line_number" AND b."order_id" BETWEEN 1 AND 1000
    ) AS pool
  ) AS ranked WHERE _rank = 1
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, sales_lines
DELETE FROM "sales"."sales_lines_base" USING "next_rows_sales_lines" AS n
WHERE "sales"."sales_lines_base"."order_id" = n."order_id" AND "sales"."sales_lines_base"."line_number" = n."line_number" AND "sales"."sales_lines_base"."order_id" BETWEEN 1 AND 1000;

-- step 6, sales_lines
INSERT INTO "sales"."sales_lines_base" ("order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region")
SELECT n."order_id", n."line_number", n."quantity", n."unit_price", n."discount", n."gift_wrapped", n."changed_at", n."product_id", n."product_title", n."list_price", n."unit_weight", n."discontinued", n."released_on", n."category_title", n."usual_margin", n."department_title", n."age_restricted", n."ordered_at", n."is_urgent", n."customer_number", n."customer_name", n."telephone", n."born_on", n."wants_mail", n."credit_limit", n."home_region", n."billing_address", n."billing_street", n."billing_postcode", n."shipping_town", n."shipping_postcode", n."shipping_region", n."outlet_id", n."outlet_town", n."tax_rate", n."_pos", n."_pos_order", n."_pos_product", n."_pos_order__customer", n."_key_order__billing__billing_address", n."_pos_order__billing", n."_key_order__shipping__shipping_address", n."_pos_order__shipping", n."_pos_order__outlet", n."_key_product__category__category_id", n."_pos_product__category", n."_key_order__customer__home__home_address", n."_pos_order__customer__home", n."_key_order__shipping__region__region_code", n."_pos_order__shipping__region", n."_key_order__outlet__region__region_code", n."_pos_order__outlet__region", n."_key_product__category__department__department_code", n."_pos_product__category__department", n."_key_order__customer__home__region__region_code", n."_pos_order__customer__home__region" FROM "next_rows_sales_lines" AS n WHERE NOT n."_deleted";

-- step 7, sales_lines
DELETE FROM "starjoin"."tombstones_sales_lines" USING "next_rows_sales_lines" AS n
WHERE "starjoin"."tombstones_sales_lines"."order_id" = n."order_id" AND "starjoin"."tombstones_sales_lines"."line_number" = n."line_number" AND "starjoin"."tombstones_sales_lines"."order_id" BETWEEN 1 AND 1000;

-- step 7, sales_lines
INSERT INTO "starjoin"."tombstones_sales_lines" ("order_id", "line_number", "_pos", "_loaded_at")
SELECT "order_id", "line_number", "_pos", GETDATE() FROM "next_rows_sales_lines" WHERE "_deleted";

-- step 5, supplier_lines
CREATE TEMP TABLE "next_rows_supplier_lines" DISTSTYLE EVEN AS
SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department", "_deleted", "_staged"
FROM (
  SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department", "_deleted", "_staged", "_changed"
  FROM (
    SELECT pool."line_in_order", pool."sold_in_order", pool."sold", pool."made_in", pool."supplier_number", pool."supplier_title", pool."supplier_rating", pool."product_rating", pool."department_code", pool."_pos", pool."_key_product__product_id", pool."_pos_product", pool."_key_product__category__category_id", pool."_pos_product__category", pool."_key_product__maker__made_by", pool."_pos_product__maker", pool."_key_product__category__department__department_code", pool."_pos_product__category__department", pool."_deleted", pool."_staged", 0 AS "_changed",
      ROW_NUMBER() OVER (PARTITION BY pool."sold_in_order", pool."line_in_order" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
    FROM (
      SELECT t."line_in_order", t."sold_in_order", t."sold", t."made_in", t."supplier_number", t."supplier_title", t."supplier_rating", t."product_rating", t."department_code", t."_pos", t."_key_product__product_id", t."_pos_product", t."_key_product__category__category_id", t."_pos_product__category", t."_key_product__maker__made_by", t."_pos_product__maker", t."_key_product__category__department__department_code", t."_pos_product__category__department", FALSE AS "_deleted", 0 AS "_staged"
      FROM "purchasing"."supplier_lines_base" AS t
      JOIN (SELECT DISTINCT "sold_in_order", "line_in_order" FROM "stage_rows_supplier_lines") AS touched ON t."sold_in_order" = touched."sold_in_order" AND t."line_in_order" = touched."line_in_order" AND t."sold_in_order" BETWEEN 1 AND 1000
      UNION ALL
      SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department", "_deleted", 1 AS "_staged"
      FROM "stage_rows_supplier_lines"
      UNION ALL
      SELECT b."line_in_order", b."sold_in_order", NULL AS "sold", NULL AS "made_in", NULL AS "supplier_number", NULL AS "supplier_title", NULL AS "supplier_rating", NULL AS "product_rating", NULL AS "department_code", b."_pos", NULL AS "_key_product__product_id", NULL AS "_pos_product", NULL AS "_key_product__category__category_id", NULL AS "_pos_product__category", NULL AS "_key_product__maker__made_by", NULL AS "_pos_product__maker", NULL AS "_key_product__category__department__department_code", NULL AS "_pos_product__category__department", TRUE AS "_deleted", 0 AS "_staged"
      FROM "starjoin"."tombstones_supplier_lines" AS b
      JOIN (SELECT DISTINCT "sold_in_order", "line_in_order" FROM "stage_rows_supplier_lines") AS s ON b."sold_in_order" = s."sold_in_order" AND b."line_in_order" = s."line_in_order" AND b."sold_in_order" BETWEEN 1 AND 1000
    ) AS pool
  ) AS ranked WHERE _rank = 1
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, supplier_lines
DELETE FROM "purchasing"."supplier_lines_base" USING "next_rows_supplier_lines" AS n
WHERE "purchasing"."supplier_lines_base"."sold_in_order" = n."sold_in_order" AND "purchasing"."supplier_lines_base"."line_in_order" = n."line_in_order" AND "purchasing"."supplier_lines_base"."sold_in_order" BETWEEN 1 AND 1000;

-- step 6, supplier_lines
INSERT INTO "purchasing"."supplier_lines_base" ("line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department")
SELECT n."line_in_order", n."sold_in_order", n."sold", n."made_in", n."supplier_number", n."supplier_title", n."supplier_rating", n."product_rating", n."department_code", n."_pos", n."_key_product__product_id", n."_pos_product", n."_key_product__category__category_id", n."_pos_product__category", n."_key_product__maker__made_by", n."_pos_product__maker", n."_key_product__category__department__department_code", n."_pos_product__category__department" FROM "next_rows_supplier_lines" AS n WHERE NOT n."_deleted";

-- step 7, supplier_lines
DELETE FROM "starjoin"."tombstones_supplier_lines" USING "next_rows_supplier_lines" AS n
WHERE "starjoin"."tombstones_supplier_lines"."sold_in_order" = n."sold_in_order" AND "starjoin"."tombstones_supplier_lines"."line_in_order" = n."line_in_order" AND "starjoin"."tombstones_supplier_lines"."sold_in_order" BETWEEN 1 AND 1000;

-- step 7, supplier_lines
INSERT INTO "starjoin"."tombstones_supplier_lines" ("sold_in_order", "line_in_order", "_pos", "_loaded_at")
SELECT "sold_in_order", "line_in_order", "_pos", GETDATE() FROM "next_rows_supplier_lines" WHERE "_deleted";

-- step 5, deliveries
CREATE TEMP TABLE "next_rows_deliveries" DISTKEY ("shipment_number") AS
SELECT "shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_deleted", "_staged"
FROM (
  SELECT "shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_deleted", "_staged", "_changed"
  FROM (
    SELECT pool."shipment_number", pool."order_id", pool."ordered_at", pool."ordered_by", pool."orderer_wants_mail", pool."ordered_in", pool."shipping_town", pool."shipping_tax_rate", pool."depot_town", pool."depot_region", pool."depot_region_title", pool."received_by", pool."receiver_telephone", pool."receiver_town", pool."receiver_postcode", pool."gross_weight", pool."freight_cost", pool."is_insured", pool."shipped_at", pool."delivered_on", pool."_pos", pool."_pos_order", pool."_key_depot__depot_id", pool."_pos_depot", pool."_pos_receiver", pool."_key_order__customer__customer_number", pool."_pos_order__customer", pool."_key_order__shipping__shipping_address", pool."_pos_order__shipping", pool."_key_order__outlet__outlet_id", pool."_pos_order__outlet", pool."_pos_depot__region", pool."_key_receiver__home__home_address", pool."_pos_receiver__home", pool."_key_order__shipping__region__region_code", pool."_pos_order__shipping__region", pool."_key_order__outlet__region__region_code", pool."_pos_order__outlet__region", pool."_deleted", pool."_staged", 0 AS "_changed",
      ROW_NUMBER() OVER (PARTITION BY pool."shipment_number" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
    FROM (
      SELECT t."shipment_number", t."order_id", t."ordered_at", t."ordered_by", t."orderer_wants_mail", t."ordered_in", t."shipping_town", t."shipping_tax_rate", t."depot_town", t."depot_region", t."depot_region_title", t."received_by", t."receiver_telephone", t."receiver_town", t."receiver_postcode", t."gross_weight", t."freight_cost", t."is_insured", t."shipped_at", t."delivered_on", t."_pos", t."_pos_order", t."_key_depot__depot_id", t."_pos_depot", t."_pos_receiver", t."_key_order__customer__customer_number", t."_pos_order__customer", t."_key_order__shipping__shipping_address", t."_pos_order__shipping", t."_key_order__outlet__outlet_id", t."_pos_order__outlet", t."_pos_depot__region", t."_key_receiver__home__home_address", t."_pos_receiver__home", t."_key_order__shipping__region__region_code", t."_pos_order__shipping__region", t."_key_order__outlet__region__region_code", t."_pos_order__outlet__region", FALSE AS "_deleted", 0 AS "_staged"
      FROM "logistics"."deliveries_base" AS t
      JOIN (SELECT DISTINCT "shipment_number" FROM "stage_rows_deliveries") AS touched ON t."shipment_number" = touched."shipment_number"
      UNION ALL
      SELECT "shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_deleted", 1 AS "_staged"
      FROM "stage_rows_deliveries"
      UNION ALL
      SELECT b."shipment_number", NULL AS "order_id", NULL AS "ordered_at", NULL AS "ordered_by", NULL AS "orderer_wants_mail", NULL AS "ordered_in", NULL AS "shipping_town", NULL AS "shipping_tax_rate", NULL AS "depot_town", NULL AS "depot_region", NULL AS "depot_region_title", NULL AS "received_by", NULL AS "receiver_telephone", NULL AS "receiver_town", NULL AS "receiver_postcode", NULL AS "gross_weight", NULL AS "freight_cost", NULL AS "is_insured", NULL AS "shipped_at", NULL AS "delivered_on", b."_pos", NULL AS "_pos_order", NULL AS "_key_depot__depot_id", NULL AS "_pos_depot", NULL AS "_pos_receiver", NULL AS "_key_order__customer__customer_number", NULL AS "_pos_order__customer", NULL AS "_key_order__shipping__shipping_address", NULL AS "_pos_order__shipping", NULL AS "_key_order__outlet__outlet_id", NULL AS "_pos_order__outlet", NULL AS "_pos_depot__region", NULL AS "_key_receiver__home__home_address", NULL AS "_pos_receiver__home", NULL AS "_key_order__shipping__region__region_code", NULL AS "_pos_order__shipping__region", NULL AS "_key_order__outlet__region__region_code", NULL AS "_pos_order__outlet__region", TRUE AS "_deleted", 0 AS "_staged"
      FROM "starjoin"."tombstones_deliveries" AS b
      JOIN (SELECT DISTINCT "shipment_number" FROM "stage_rows_deliveries") AS s ON b."shipment_number" = s."shipment_number"
    ) AS pool
  ) AS ranked WHERE _rank = 1
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, deliveries
DELETE FROM "logistics"."deliveries_base" USING "next_rows_deliveries" AS n
WHERE "logistics"."deliveries_base"."shipment_number" = n."shipment_number";

-- step 6, deliveries
INSERT INTO "logistics"."deliveries_base" ("shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region")
SELECT n."shipment_number", n."order_id", n."ordered_at", n."ordered_by", n."orderer_wants_mail", n."ordered_in", n."shipping_town", n."shipping_tax_rate", n."depot_town", n."depot_region", n."depot_region_title", n."received_by", n."receiver_telephone", n."receiver_town", n."receiver_postcode", n."gross_weight", n."freight_cost", n."is_insured", n."shipped_at", n."delivered_on", n."_pos", n."_pos_order", n."_key_depot__depot_id", n."_pos_depot", n."_pos_receiver", n."_key_order__customer__customer_number", n."_pos_order__customer", n."_key_order__shipping__shipping_address", n."_pos_order__shipping", n."_key_order__outlet__outlet_id", n."_pos_order__outlet", n."_pos_depot__region", n."_key_receiver__home__home_address", n."_pos_receiver__home", n."_key_order__shipping__region__region_code", n."_pos_order__shipping__region", n."_key_order__outlet__region__region_code", n."_pos_order__outlet__region" FROM "next_rows_deliveries" AS n WHERE NOT n."_deleted";

-- step 7, deliveries
DELETE FROM "starjoin"."tombstones_deliveries" USING "next_rows_deliveries" AS n
WHERE "starjoin"."tombstones_deliveries"."shipment_number" = n."shipment_number";

-- step 7, deliveries
INSERT INTO "starjoin"."tombstones_deliveries" ("shipment_number", "_pos", "_loaded_at")
SELECT "shipment_number", "_pos", GETDATE() FROM "next_rows_deliveries" WHERE "_deleted";
