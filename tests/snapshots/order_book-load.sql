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
COPY "stage_rows_sales_lines" FROM 's3://staged/sales_lines-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

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
COPY "stage_rows_supplier_lines" FROM 's3://staged/supplier_lines-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

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
COPY "stage_rows_deliveries" FROM 's3://staged/deliveries-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, department
CREATE TEMP TABLE "stage_patches_department" (
  "department_code" SMALLINT,
  "department_title" VARCHAR(40),
  "age_restricted" BOOLEAN,
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, department
COPY "stage_patches_department" FROM 's3://staged/department-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, product_category
CREATE TEMP TABLE "stage_patches_product_category" (
  "category_id" INTEGER,
  "category_title" VARCHAR(60),
  "department_code" SMALLINT,
  "usual_margin" DECIMAL(5,4),
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_department" VARBYTE(22),
  "department__department_code" SMALLINT,
  "department__department_title" VARCHAR(40),
  "department__age_restricted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, product_category
COPY "stage_patches_product_category" FROM 's3://staged/product_category-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, supplier
CREATE TEMP TABLE "stage_patches_supplier" (
  "supplier_country" VARCHAR(2),
  "supplier_number" INTEGER,
  "supplier_title" VARCHAR(80),
  "supplier_rating" DOUBLE PRECISION,
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, supplier
COPY "stage_patches_supplier" FROM 's3://staged/supplier-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, product
CREATE TEMP TABLE "stage_patches_product" (
  "product_id" BIGINT,
  "product_title" VARCHAR(120),
  "product_rating" DECIMAL(3,2),
  "category_id" INTEGER,
  "made_in" VARCHAR(2),
  "made_by" INTEGER,
  "list_price" DECIMAL(12,4),
  "unit_weight" DOUBLE PRECISION,
  "discontinued" BOOLEAN,
  "released_on" DATE,
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_category" VARBYTE(22),
  "category__category_id" INTEGER,
  "category__category_title" VARCHAR(60),
  "category__department_code" SMALLINT,
  "category__usual_margin" DECIMAL(5,4),
  "_pos_maker" VARBYTE(22),
  "maker__supplier_country" VARCHAR(2),
  "maker__supplier_number" INTEGER,
  "maker__supplier_title" VARCHAR(80),
  "maker__supplier_rating" DOUBLE PRECISION,
  "_pos_category__department" VARBYTE(22),
  "category__department__department_code" SMALLINT,
  "category__department__department_title" VARCHAR(40),
  "category__department__age_restricted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, product
COPY "stage_patches_product" FROM 's3://staged/product-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, sales_region
CREATE TEMP TABLE "stage_patches_sales_region" (
  "region_code" VARCHAR(8),
  "region_title" VARCHAR(40),
  "tax_rate" DECIMAL(6,5),
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sales_region
COPY "stage_patches_sales_region" FROM 's3://staged/sales_region-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, outlet
CREATE TEMP TABLE "stage_patches_outlet" (
  "outlet_id" SMALLINT,
  "outlet_town" VARCHAR(80),
  "region_code" VARCHAR(8),
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_region" VARBYTE(22),
  "region__region_code" VARCHAR(8),
  "region__region_title" VARCHAR(40),
  "region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, outlet
COPY "stage_patches_outlet" FROM 's3://staged/outlet-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, postal_address
CREATE TEMP TABLE "stage_patches_postal_address" (
  "address_id" BIGINT,
  "street_line" VARCHAR(160),
  "postcode" VARCHAR(64),
  "town" VARCHAR(80),
  "region_code" VARCHAR(8),
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_region" VARBYTE(22),
  "region__region_code" VARCHAR(8),
  "region__region_title" VARCHAR(40),
  "region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, postal_address
COPY "stage_patches_postal_address" FROM 's3://staged/postal_address-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, customer
CREATE TEMP TABLE "stage_patches_customer" (
  "customer_number" VARCHAR(64),
  "full_name" VARCHAR(8),
  "telephone" VARCHAR(40),
  "born_on" VARCHAR(64),
  "wants_mail" BOOLEAN,
  "credit_limit" DECIMAL(38,2),
  "home_address" BIGINT,
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_home" VARBYTE(22),
  "home__address_id" BIGINT,
  "home__street_line" VARCHAR(160),
  "home__postcode" VARCHAR(64),
  "home__town" VARCHAR(80),
  "home__region_code" VARCHAR(8),
  "_pos_home__region" VARBYTE(22),
  "home__region__region_code" VARCHAR(8),
  "home__region__region_title" VARCHAR(40),
  "home__region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, customer
COPY "stage_patches_customer" FROM 's3://staged/customer-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, customer_order
CREATE TEMP TABLE "stage_patches_customer_order" (
  "order_id" BIGINT,
  "customer_number" VARCHAR(64),
  "billing_address" BIGINT,
  "shipping_address" BIGINT,
  "outlet_id" SMALLINT,
  "ordered_at" TIMESTAMP,
  "is_urgent" BOOLEAN,
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_customer" VARBYTE(22),
  "customer__customer_number" VARCHAR(64),
  "customer__full_name" VARCHAR(8),
  "customer__telephone" VARCHAR(40),
  "customer__born_on" VARCHAR(64),
  "customer__wants_mail" BOOLEAN,
  "customer__credit_limit" DECIMAL(38,2),
  "customer__home_address" BIGINT,
  "_pos_billing" VARBYTE(22),
  "billing__address_id" BIGINT,
  "billing__street_line" VARCHAR(160),
  "billing__postcode" VARCHAR(64),
  "billing__town" VARCHAR(80),
  "billing__region_code" VARCHAR(8),
  "_pos_shipping" VARBYTE(22),
  "shipping__address_id" BIGINT,
  "shipping__street_line" VARCHAR(160),
  "shipping__postcode" VARCHAR(64),
  "shipping__town" VARCHAR(80),
  "shipping__region_code" VARCHAR(8),
  "_pos_outlet" VARBYTE(22),
  "outlet__outlet_id" SMALLINT,
  "outlet__outlet_town" VARCHAR(80),
  "outlet__region_code" VARCHAR(8),
  "_pos_customer__home" VARBYTE(22),
  "customer__home__address_id" BIGINT,
  "customer__home__street_line" VARCHAR(160),
  "customer__home__postcode" VARCHAR(64),
  "customer__home__town" VARCHAR(80),
  "customer__home__region_code" VARCHAR(8),
  "_pos_shipping__region" VARBYTE(22),
  "shipping__region__region_code" VARCHAR(8),
  "shipping__region__region_title" VARCHAR(40),
  "shipping__region__tax_rate" DECIMAL(6,5),
  "_pos_outlet__region" VARBYTE(22),
  "outlet__region__region_code" VARCHAR(8),
  "outlet__region__region_title" VARCHAR(40),
  "outlet__region__tax_rate" DECIMAL(6,5),
  "_pos_customer__home__region" VARBYTE(22),
  "customer__home__region__region_code" VARCHAR(8),
  "customer__home__region__region_title" VARCHAR(40),
  "customer__home__region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, customer_order
COPY "stage_patches_customer_order" FROM 's3://staged/customer_order-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 5, sales_lines
CREATE TEMP TABLE "next_rows_sales_lines" DISTKEY ("order_id") AS
SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region", "_deleted", "_staged"
FROM (
  SELECT
    r."order_id",
    r."line_number",
    r."quantity",
    r."unit_price",
    r."discount",
    r."gift_wrapped",
    r."changed_at",
    r."product_id",
    r."product_title",
    r."list_price",
    r."unit_weight",
    r."discontinued",
    r."released_on",
    r."category_title",
    r."usual_margin",
    r."department_title",
    r."age_restricted",
    r."ordered_at",
    r."is_urgent",
    r."customer_number",
    r."customer_name",
    r."telephone",
    r."born_on",
    r."wants_mail",
    r."credit_limit",
    CASE WHEN q11."region_code" IS NOT NULL THEN q11."region_title" ELSE r."home_region" END AS "home_region",
    r."billing_address",
    r."billing_street",
    r."billing_postcode",
    r."shipping_town",
    r."shipping_postcode",
    r."shipping_region",
    r."outlet_id",
    r."outlet_town",
    r."tax_rate",
    r."_pos",
    r."_pos_order",
    r."_pos_product",
    r."_pos_order__customer",
    r."_key_order__billing__billing_address",
    r."_pos_order__billing",
    r."_key_order__shipping__shipping_address",
    r."_pos_order__shipping",
    r."_pos_order__outlet",
    r."_key_product__category__category_id",
    r."_pos_product__category",
    r."_key_order__customer__home__home_address",
    r."_pos_order__customer__home",
    r."_key_order__shipping__region__region_code",
    r."_pos_order__shipping__region",
    r."_key_order__outlet__region__region_code",
    r."_pos_order__outlet__region",
    r."_key_product__category__department__department_code",
    r."_pos_product__category__department",
    r."_key_order__customer__home__region__region_code",
    CASE WHEN q11."region_code" IS NOT NULL THEN q11."_pos" ELSE r."_pos_order__customer__home__region" END AS "_pos_order__customer__home__region",
    r."_deleted", r."_staged",
    CASE WHEN q11."region_code" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
  FROM (
    SELECT
      r."order_id",
      r."line_number",
      r."quantity",
      r."unit_price",
      r."discount",
      r."gift_wrapped",
      r."changed_at",
      r."product_id",
      r."product_title",
      r."list_price",
      r."unit_weight",
      r."discontinued",
      r."released_on",
      r."category_title",
      r."usual_margin",
      CASE WHEN q10."department_code" IS NOT NULL THEN q10."department_title" ELSE r."department_title" END AS "department_title",
      CASE WHEN q10."department_code" IS NOT NULL THEN q10."age_restricted" ELSE r."age_restricted" END AS "age_restricted",
      r."ordered_at",
      r."is_urgent",
      r."customer_number",
      r."customer_name",
      r."telephone",
      r."born_on",
      r."wants_mail",
      r."credit_limit",
      CASE WHEN q7."address_id" IS NOT NULL THEN q7."region__region_title" ELSE r."home_region" END AS "home_region",
      r."billing_address",
      r."billing_street",
      r."billing_postcode",
      r."shipping_town",
      r."shipping_postcode",
      CASE WHEN q8."region_code" IS NOT NULL THEN q8."region_title" ELSE r."shipping_region" END AS "shipping_region",
      r."outlet_id",
      r."outlet_town",
      CASE WHEN q9."region_code" IS NOT NULL THEN q9."tax_rate" ELSE r."tax_rate" END AS "tax_rate",
      r."_pos",
      r."_pos_order",
      r."_pos_product",
      r."_pos_order__customer",
      r."_key_order__billing__billing_address",
      r."_pos_order__billing",
      r."_key_order__shipping__shipping_address",
      r."_pos_order__shipping",
      r."_pos_order__outlet",
      r."_key_product__category__category_id",
      r."_pos_product__category",
      r."_key_order__customer__home__home_address",
      CASE WHEN q7."address_id" IS NOT NULL THEN q7."_pos" ELSE r."_pos_order__customer__home" END AS "_pos_order__customer__home",
      r."_key_order__shipping__region__region_code",
      CASE WHEN q8."region_code" IS NOT NULL THEN q8."_pos" ELSE r."_pos_order__shipping__region" END AS "_pos_order__shipping__region",
      r."_key_order__outlet__region__region_code",
      CASE WHEN q9."region_code" IS NOT NULL THEN q9."_pos" ELSE r."_pos_order__outlet__region" END AS "_pos_order__outlet__region",
      r."_key_product__category__department__department_code",
      CASE WHEN q10."department_code" IS NOT NULL THEN q10."_pos" ELSE r."_pos_product__category__department" END AS "_pos_product__category__department",
      CASE WHEN q7."address_id" IS NOT NULL THEN q7."region_code" ELSE r."_key_order__customer__home__region__region_code" END AS "_key_order__customer__home__region__region_code",
      CASE WHEN q7."address_id" IS NOT NULL THEN q7."_pos_region" ELSE r."_pos_order__customer__home__region" END AS "_pos_order__customer__home__region",
      r."_deleted", r."_staged",
      CASE WHEN q7."address_id" IS NOT NULL OR q8."region_code" IS NOT NULL OR q9."region_code" IS NOT NULL OR q10."department_code" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
    FROM (
      SELECT
        r."order_id",
        r."line_number",
        r."quantity",
        r."unit_price",
        r."discount",
        r."gift_wrapped",
        r."changed_at",
        r."product_id",
        r."product_title",
        r."list_price",
        r."unit_weight",
        r."discontinued",
        r."released_on",
        CASE WHEN q6."category_id" IS NOT NULL THEN q6."category_title" ELSE r."category_title" END AS "category_title",
        CASE WHEN q6."category_id" IS NOT NULL THEN q6."usual_margin" ELSE r."usual_margin" END AS "usual_margin",
        CASE WHEN q6."category_id" IS NOT NULL THEN q6."department__department_title" ELSE r."department_title" END AS "department_title",
        CASE WHEN q6."category_id" IS NOT NULL THEN q6."department__age_restricted" ELSE r."age_restricted" END AS "age_restricted",
        r."ordered_at",
        r."is_urgent",
        r."customer_number",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."full_name" ELSE r."customer_name" END AS "customer_name",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."telephone" ELSE r."telephone" END AS "telephone",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."born_on" ELSE r."born_on" END AS "born_on",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."wants_mail" ELSE r."wants_mail" END AS "wants_mail",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."credit_limit" ELSE r."credit_limit" END AS "credit_limit",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."home__region__region_title" ELSE r."home_region" END AS "home_region",
        CASE WHEN q3."address_id" IS NOT NULL THEN CASE WHEN NOT q3."_deleted" THEN q3."address_id" END ELSE r."billing_address" END AS "billing_address",
        CASE WHEN q3."address_id" IS NOT NULL THEN q3."street_line" ELSE r."billing_street" END AS "billing_street",
        CASE WHEN q3."address_id" IS NOT NULL THEN q3."postcode" ELSE r."billing_postcode" END AS "billing_postcode",
        CASE WHEN q4."address_id" IS NOT NULL THEN q4."town" ELSE r."shipping_town" END AS "shipping_town",
        CASE WHEN q4."address_id" IS NOT NULL THEN q4."postcode" ELSE r."shipping_postcode" END AS "shipping_postcode",
        CASE WHEN q4."address_id" IS NOT NULL THEN q4."region__region_title" ELSE r."shipping_region" END AS "shipping_region",
        r."outlet_id",
        CASE WHEN q5."outlet_id" IS NOT NULL THEN q5."outlet_town" ELSE r."outlet_town" END AS "outlet_town",
        CASE WHEN q5."outlet_id" IS NOT NULL THEN q5."region__tax_rate" ELSE r."tax_rate" END AS "tax_rate",
        r."_pos",
        r."_pos_order",
        r."_pos_product",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."_pos" ELSE r."_pos_order__customer" END AS "_pos_order__customer",
        r."_key_order__billing__billing_address",
        CASE WHEN q3."address_id" IS NOT NULL THEN q3."_pos" ELSE r."_pos_order__billing" END AS "_pos_order__billing",
        r."_key_order__shipping__shipping_address",
        CASE WHEN q4."address_id" IS NOT NULL THEN q4."_pos" ELSE r."_pos_order__shipping" END AS "_pos_order__shipping",
        CASE WHEN q5."outlet_id" IS NOT NULL THEN q5."_pos" ELSE r."_pos_order__outlet" END AS "_pos_order__outlet",
        r."_key_product__category__category_id",
        CASE WHEN q6."category_id" IS NOT NULL THEN q6."_pos" ELSE r."_pos_product__category" END AS "_pos_product__category",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."home_address" ELSE r."_key_order__customer__home__home_address" END AS "_key_order__customer__home__home_address",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."_pos_home" ELSE r."_pos_order__customer__home" END AS "_pos_order__customer__home",
        CASE WHEN q4."address_id" IS NOT NULL THEN q4."region_code" ELSE r."_key_order__shipping__region__region_code" END AS "_key_order__shipping__region__region_code",
        CASE WHEN q4."address_id" IS NOT NULL THEN q4."_pos_region" ELSE r."_pos_order__shipping__region" END AS "_pos_order__shipping__region",
        CASE WHEN q5."outlet_id" IS NOT NULL THEN q5."region_code" ELSE r."_key_order__outlet__region__region_code" END AS "_key_order__outlet__region__region_code",
        CASE WHEN q5."outlet_id" IS NOT NULL THEN q5."_pos_region" ELSE r."_pos_order__outlet__region" END AS "_pos_order__outlet__region",
        CASE WHEN q6."category_id" IS NOT NULL THEN q6."department_code" ELSE r."_key_product__category__department__department_code" END AS "_key_product__category__department__department_code",
        CASE WHEN q6."category_id" IS NOT NULL THEN q6."_pos_department" ELSE r."_pos_product__category__department" END AS "_pos_product__category__department",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."home__region_code" ELSE r."_key_order__customer__home__region__region_code" END AS "_key_order__customer__home__region__region_code",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."_pos_home__region" ELSE r."_pos_order__customer__home__region" END AS "_pos_order__customer__home__region",
        r."_deleted", r."_staged",
        CASE WHEN q2."customer_number" IS NOT NULL OR q3."address_id" IS NOT NULL OR q4."address_id" IS NOT NULL OR q5."outlet_id" IS NOT NULL OR q6."category_id" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
      FROM (
        SELECT
          r."order_id",
          r."line_number",
          r."quantity",
          r."unit_price",
          r."discount",
          r."gift_wrapped",
          r."changed_at",
          r."product_id",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."product_title" ELSE r."product_title" END AS "product_title",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."list_price" ELSE r."list_price" END AS "list_price",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."unit_weight" ELSE r."unit_weight" END AS "unit_weight",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."discontinued" ELSE r."discontinued" END AS "discontinued",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."released_on" ELSE r."released_on" END AS "released_on",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."category__category_title" ELSE r."category_title" END AS "category_title",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."category__usual_margin" ELSE r."usual_margin" END AS "usual_margin",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."category__department__department_title" ELSE r."department_title" END AS "department_title",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."category__department__age_restricted" ELSE r."age_restricted" END AS "age_restricted",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."ordered_at" ELSE r."ordered_at" END AS "ordered_at",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."is_urgent" ELSE r."is_urgent" END AS "is_urgent",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer_number" ELSE r."customer_number" END AS "customer_number",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__full_name" ELSE r."customer_name" END AS "customer_name",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__telephone" ELSE r."telephone" END AS "telephone",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__born_on" ELSE r."born_on" END AS "born_on",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__wants_mail" ELSE r."wants_mail" END AS "wants_mail",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__credit_limit" ELSE r."credit_limit" END AS "credit_limit",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__home__region__region_title" ELSE r."home_region" END AS "home_region",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."billing__address_id" ELSE r."billing_address" END AS "billing_address",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."billing__street_line" ELSE r."billing_street" END AS "billing_street",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."billing__postcode" ELSE r."billing_postcode" END AS "billing_postcode",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."shipping__town" ELSE r."shipping_town" END AS "shipping_town",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."shipping__postcode" ELSE r."shipping_postcode" END AS "shipping_postcode",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."shipping__region__region_title" ELSE r."shipping_region" END AS "shipping_region",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."outlet_id" ELSE r."outlet_id" END AS "outlet_id",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."outlet__outlet_town" ELSE r."outlet_town" END AS "outlet_town",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."outlet__region__tax_rate" ELSE r."tax_rate" END AS "tax_rate",
          r."_pos",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos" ELSE r."_pos_order" END AS "_pos_order",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."_pos" ELSE r."_pos_product" END AS "_pos_product",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_customer" ELSE r."_pos_order__customer" END AS "_pos_order__customer",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."billing_address" ELSE r."_key_order__billing__billing_address" END AS "_key_order__billing__billing_address",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_billing" ELSE r."_pos_order__billing" END AS "_pos_order__billing",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."shipping_address" ELSE r."_key_order__shipping__shipping_address" END AS "_key_order__shipping__shipping_address",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_shipping" ELSE r."_pos_order__shipping" END AS "_pos_order__shipping",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_outlet" ELSE r."_pos_order__outlet" END AS "_pos_order__outlet",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."category_id" ELSE r."_key_product__category__category_id" END AS "_key_product__category__category_id",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."_pos_category" ELSE r."_pos_product__category" END AS "_pos_product__category",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__home_address" ELSE r."_key_order__customer__home__home_address" END AS "_key_order__customer__home__home_address",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_customer__home" ELSE r."_pos_order__customer__home" END AS "_pos_order__customer__home",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."shipping__region_code" ELSE r."_key_order__shipping__region__region_code" END AS "_key_order__shipping__region__region_code",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_shipping__region" ELSE r."_pos_order__shipping__region" END AS "_pos_order__shipping__region",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."outlet__region_code" ELSE r."_key_order__outlet__region__region_code" END AS "_key_order__outlet__region__region_code",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_outlet__region" ELSE r."_pos_order__outlet__region" END AS "_pos_order__outlet__region",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."category__department_code" ELSE r."_key_product__category__department__department_code" END AS "_key_product__category__department__department_code",
          CASE WHEN q1."product_id" IS NOT NULL THEN q1."_pos_category__department" ELSE r."_pos_product__category__department" END AS "_pos_product__category__department",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__home__region_code" ELSE r."_key_order__customer__home__region__region_code" END AS "_key_order__customer__home__region__region_code",
          CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_customer__home__region" ELSE r."_pos_order__customer__home__region" END AS "_pos_order__customer__home__region",
          r."_deleted", r."_staged",
          CASE WHEN q0."order_id" IS NOT NULL OR q1."product_id" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
        FROM (
          SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region", "_deleted", "_staged", "_changed"
          FROM (
            SELECT pool."order_id", pool."line_number", pool."quantity", pool."unit_price", pool."discount", pool."gift_wrapped", pool."changed_at", pool."product_id", pool."product_title", pool."list_price", pool."unit_weight", pool."discontinued", pool."released_on", pool."category_title", pool."usual_margin", pool."department_title", pool."age_restricted", pool."ordered_at", pool."is_urgent", pool."customer_number", pool."customer_name", pool."telephone", pool."born_on", pool."wants_mail", pool."credit_limit", pool."home_region", pool."billing_address", pool."billing_street", pool."billing_postcode", pool."shipping_town", pool."shipping_postcode", pool."shipping_region", pool."outlet_id", pool."outlet_town", pool."tax_rate", pool."_pos", pool."_pos_order", pool."_pos_product", pool."_pos_order__customer", pool."_key_order__billing__billing_address", pool."_pos_order__billing", pool."_key_order__shipping__shipping_address", pool."_pos_order__shipping", pool."_pos_order__outlet", pool."_key_product__category__category_id", pool."_pos_product__category", pool."_key_order__customer__home__home_address", pool."_pos_order__customer__home", pool."_key_order__shipping__region__region_code", pool."_pos_order__shipping__region", pool."_key_order__outlet__region__region_code", pool."_pos_order__outlet__region", pool."_key_product__category__department__department_code", pool."_pos_product__category__department", pool."_key_order__customer__home__region__region_code", pool."_pos_order__customer__home__region", pool."_deleted", pool."_staged", 0 AS "_changed",
              ROW_NUMBER() OVER (PARTITION BY pool."order_id", pool."line_number" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
            FROM (
              SELECT t."order_id", t."line_number", t."quantity", t."unit_price", t."discount", t."gift_wrapped", t."changed_at", t."product_id", t."product_title", t."list_price", t."unit_weight", t."discontinued", t."released_on", t."category_title", t."usual_margin", t."department_title", t."age_restricted", t."ordered_at", t."is_urgent", t."customer_number", t."customer_name", t."telephone", t."born_on", t."wants_mail", t."credit_limit", t."home_region", t."billing_address", t."billing_street", t."billing_postcode", t."shipping_town", t."shipping_postcode", t."shipping_region", t."outlet_id", t."outlet_town", t."tax_rate", t."_pos", t."_pos_order", t."_pos_product", t."_pos_order__customer", t."_key_order__billing__billing_address", t."_pos_order__billing", t."_key_order__shipping__shipping_address", t."_pos_order__shipping", t."_pos_order__outlet", t."_key_product__category__category_id", t."_pos_product__category", t."_key_order__customer__home__home_address", t."_pos_order__customer__home", t."_key_order__shipping__region__region_code", t."_pos_order__shipping__region", t."_key_order__outlet__region__region_code", t."_pos_order__outlet__region", t."_key_product__category__department__department_code", t."_pos_product__category__department", t."_key_order__customer__home__region__region_code", t."_pos_order__customer__home__region", FALSE AS "_deleted", 0 AS "_staged"
              FROM "sales"."sales_lines_base" AS t
              JOIN (
                SELECT t."order_id", t."line_number"
                FROM "sales"."sales_lines_base" AS t
                LEFT JOIN (SELECT DISTINCT "order_id", "line_number" FROM "stage_rows_sales_lines") AS s ON t."order_id" = s."order_id" AND t."line_number" = s."line_number"
                LEFT JOIN (SELECT "order_id", MAX("_pos") AS "_pos" FROM "stage_patches_customer_order" GROUP BY "order_id") AS c0
                  ON t."order_id" = c0."order_id" AND t."_pos_order" < c0."_pos"
                LEFT JOIN (SELECT "product_id", MAX("_pos") AS "_pos" FROM "stage_patches_product" GROUP BY "product_id") AS c1
                  ON t."product_id" = c1."product_id" AND t."_pos_product" < c1."_pos"
                LEFT JOIN (SELECT "customer_number", MAX("_pos") AS "_pos" FROM "stage_patches_customer" GROUP BY "customer_number") AS c2
                  ON t."customer_number" = c2."customer_number" AND t."_pos_order__customer" < c2."_pos"
                LEFT JOIN (SELECT "address_id", MAX("_pos") AS "_pos" FROM "stage_patches_postal_address" GROUP BY "address_id") AS c3
                  ON t."_key_order__billing__billing_address" = c3."address_id" AND t."_pos_order__billing" < c3."_pos"
                LEFT JOIN (SELECT "address_id", MAX("_pos") AS "_pos" FROM "stage_patches_postal_address" GROUP BY "address_id") AS c4
                  ON t."_key_order__shipping__shipping_address" = c4."address_id" AND t."_pos_order__shipping" < c4."_pos"
                LEFT JOIN (SELECT "outlet_id", MAX("_pos") AS "_pos" FROM "stage_patches_outlet" GROUP BY "outlet_id") AS c5
                  ON t."outlet_id" = c5."outlet_id" AND t."_pos_order__outlet" < c5."_pos"
                LEFT JOIN (SELECT "category_id", MAX("_pos") AS "_pos" FROM "stage_patches_product_category" GROUP BY "category_id") AS c6
                  ON t."_key_product__category__category_id" = c6."category_id" AND t."_pos_product__category" < c6."_pos"
                LEFT JOIN (SELECT "address_id", MAX("_pos") AS "_pos" FROM "stage_patches_postal_address" GROUP BY "address_id") AS c7
                  ON t."_key_order__customer__home__home_address" = c7."address_id" AND t."_pos_order__customer__home" < c7."_pos"
                LEFT JOIN (SELECT "region_code", MAX("_pos") AS "_pos" FROM "stage_patches_sales_region" GROUP BY "region_code") AS c8
                  ON t."_key_order__shipping__region__region_code" = c8."region_code" AND t."_pos_order__shipping__region" < c8."_pos"
                LEFT JOIN (SELECT "region_code", MAX("_pos") AS "_pos" FROM "stage_patches_sales_region" GROUP BY "region_code") AS c9
                  ON t."_key_order__outlet__region__region_code" = c9."region_code" AND t."_pos_order__outlet__region" < c9."_pos"
                LEFT JOIN (SELECT "department_code", MAX("_pos") AS "_pos" FROM "stage_patches_department" GROUP BY "department_code") AS c10
                  ON t."_key_product__category__department__department_code" = c10."department_code" AND t."_pos_product__category__department" < c10."_pos"
                LEFT JOIN (SELECT "region_code", MAX("_pos") AS "_pos" FROM "stage_patches_sales_region" GROUP BY "region_code") AS c11
                  ON t."_key_order__customer__home__region__region_code" = c11."region_code" AND t."_pos_order__customer__home__region" < c11."_pos"
                WHERE s."order_id" IS NOT NULL OR c0."order_id" IS NOT NULL OR c1."product_id" IS NOT NULL OR c2."customer_number" IS NOT NULL OR c3."address_id" IS NOT NULL OR c4."address_id" IS NOT NULL OR c5."outlet_id" IS NOT NULL OR c6."category_id" IS NOT NULL OR c7."address_id" IS NOT NULL OR c8."region_code" IS NOT NULL OR c9."region_code" IS NOT NULL OR c10."department_code" IS NOT NULL OR c11."region_code" IS NOT NULL
              ) AS touched ON t."order_id" = touched."order_id" AND t."line_number" = touched."line_number"
              UNION ALL
              SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region", "_deleted", 1 AS "_staged"
              FROM "stage_rows_sales_lines"
              UNION ALL
              SELECT b."order_id", b."line_number", NULL AS "quantity", NULL AS "unit_price", NULL AS "discount", NULL AS "gift_wrapped", NULL AS "changed_at", NULL AS "product_id", NULL AS "product_title", NULL AS "list_price", NULL AS "unit_weight", NULL AS "discontinued", NULL AS "released_on", NULL AS "category_title", NULL AS "usual_margin", NULL AS "department_title", NULL AS "age_restricted", NULL AS "ordered_at", NULL AS "is_urgent", NULL AS "customer_number", NULL AS "customer_name", NULL AS "telephone", NULL AS "born_on", NULL AS "wants_mail", NULL AS "credit_limit", NULL AS "home_region", NULL AS "billing_address", NULL AS "billing_street", NULL AS "billing_postcode", NULL AS "shipping_town", NULL AS "shipping_postcode", NULL AS "shipping_region", NULL AS "outlet_id", NULL AS "outlet_town", NULL AS "tax_rate", b."_pos", NULL AS "_pos_order", NULL AS "_pos_product", NULL AS "_pos_order__customer", NULL AS "_key_order__billing__billing_address", NULL AS "_pos_order__billing", NULL AS "_key_order__shipping__shipping_address", NULL AS "_pos_order__shipping", NULL AS "_pos_order__outlet", NULL AS "_key_product__category__category_id", NULL AS "_pos_product__category", NULL AS "_key_order__customer__home__home_address", NULL AS "_pos_order__customer__home", NULL AS "_key_order__shipping__region__region_code", NULL AS "_pos_order__shipping__region", NULL AS "_key_order__outlet__region__region_code", NULL AS "_pos_order__outlet__region", NULL AS "_key_product__category__department__department_code", NULL AS "_pos_product__category__department", NULL AS "_key_order__customer__home__region__region_code", NULL AS "_pos_order__customer__home__region", TRUE AS "_deleted", 0 AS "_staged"
              FROM "starjoin"."tombstones_sales_lines" AS b
              JOIN (SELECT DISTINCT "order_id", "line_number" FROM "stage_rows_sales_lines") AS s ON b."order_id" = s."order_id" AND b."line_number" = s."line_number"
            ) AS pool
          ) AS ranked WHERE _rank = 1
        ) AS r
        LEFT JOIN (
          SELECT "order_id", "_pos", "_deleted", "ordered_at", "is_urgent", "customer_number", "customer__full_name", "customer__telephone", "customer__born_on", "customer__wants_mail", "customer__credit_limit", "customer__home__region__region_title", "billing__address_id", "billing__street_line", "billing__postcode", "shipping__town", "shipping__postcode", "shipping__region__region_title", "outlet_id", "outlet__outlet_town", "outlet__region__tax_rate", "_pos_customer", "_pos_billing", "billing_address", "_pos_shipping", "shipping_address", "_pos_outlet", "_pos_customer__home", "customer__home_address", "_pos_shipping__region", "shipping__region_code", "_pos_outlet__region", "outlet__region_code", "_pos_customer__home__region", "customer__home__region_code" FROM (
            SELECT "order_id", "_pos", "_deleted", "ordered_at", "is_urgent", "customer_number", "customer__full_name", "customer__telephone", "customer__born_on", "customer__wants_mail", "customer__credit_limit", "customer__home__region__region_title", "billing__address_id", "billing__street_line", "billing__postcode", "shipping__town", "shipping__postcode", "shipping__region__region_title", "outlet_id", "outlet__outlet_town", "outlet__region__tax_rate", "_pos_customer", "_pos_billing", "billing_address", "_pos_shipping", "shipping_address", "_pos_outlet", "_pos_customer__home", "customer__home_address", "_pos_shipping__region", "shipping__region_code", "_pos_outlet__region", "outlet__region_code", "_pos_customer__home__region", "customer__home__region_code", ROW_NUMBER() OVER (PARTITION BY "order_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer_order"
          ) AS numbered WHERE _rank = 1
        ) AS q0
          ON r."order_id" = q0."order_id" AND r."_pos_order" < q0."_pos"
        LEFT JOIN (
          SELECT "product_id", "_pos", "_deleted", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category__category_title", "category__usual_margin", "category__department__department_title", "category__department__age_restricted", "_pos_category", "category_id", "_pos_category__department", "category__department_code" FROM (
            SELECT "product_id", "_pos", "_deleted", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category__category_title", "category__usual_margin", "category__department__department_title", "category__department__age_restricted", "_pos_category", "category_id", "_pos_category__department", "category__department_code", ROW_NUMBER() OVER (PARTITION BY "product_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_product"
          ) AS numbered WHERE _rank = 1
        ) AS q1
          ON r."product_id" = q1."product_id" AND r."_pos_product" < q1."_pos"
      ) AS r
      LEFT JOIN (
        SELECT "customer_number", "_pos", "_deleted", "full_name", "telephone", "born_on", "wants_mail", "credit_limit", "home__region__region_title", "_pos_home", "home_address", "_pos_home__region", "home__region_code" FROM (
          SELECT "customer_number", "_pos", "_deleted", "full_name", "telephone", "born_on", "wants_mail", "credit_limit", "home__region__region_title", "_pos_home", "home_address", "_pos_home__region", "home__region_code", ROW_NUMBER() OVER (PARTITION BY "customer_number" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer"
        ) AS numbered WHERE _rank = 1
      ) AS q2
        ON r."customer_number" = q2."customer_number" AND r."_pos_order__customer" < q2."_pos"
      LEFT JOIN (
        SELECT "address_id", "_pos", "_deleted", "street_line", "postcode" FROM (
          SELECT "address_id", "_pos", "_deleted", "street_line", "postcode", ROW_NUMBER() OVER (PARTITION BY "address_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_postal_address"
        ) AS numbered WHERE _rank = 1
      ) AS q3
        ON r."_key_order__billing__billing_address" = q3."address_id" AND r."_pos_order__billing" < q3."_pos"
      LEFT JOIN (
        SELECT "address_id", "_pos", "_deleted", "town", "postcode", "region__region_title", "_pos_region", "region_code" FROM (
          SELECT "address_id", "_pos", "_deleted", "town", "postcode", "region__region_title", "_pos_region", "region_code", ROW_NUMBER() OVER (PARTITION BY "address_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_postal_address"
        ) AS numbered WHERE _rank = 1
      ) AS q4
        ON r."_key_order__shipping__shipping_address" = q4."address_id" AND r."_pos_order__shipping" < q4."_pos"
      LEFT JOIN (
        SELECT "outlet_id", "_pos", "_deleted", "outlet_town", "region__tax_rate", "_pos_region", "region_code" FROM (
          SELECT "outlet_id", "_pos", "_deleted", "outlet_town", "region__tax_rate", "_pos_region", "region_code", ROW_NUMBER() OVER (PARTITION BY "outlet_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_outlet"
        ) AS numbered WHERE _rank = 1
      ) AS q5
        ON r."outlet_id" = q5."outlet_id" AND r."_pos_order__outlet" < q5."_pos"
      LEFT JOIN (
        SELECT "category_id", "_pos", "_deleted", "category_title", "usual_margin", "department__department_title", "department__age_restricted", "_pos_department", "department_code" FROM (
          SELECT "category_id", "_pos", "_deleted", "category_title", "usual_margin", "department__department_title", "department__age_restricted", "_pos_department", "department_code", ROW_NUMBER() OVER (PARTITION BY "category_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_product_category"
        ) AS numbered WHERE _rank = 1
      ) AS q6
        ON r."_key_product__category__category_id" = q6."category_id" AND r."_pos_product__category" < q6."_pos"
    ) AS r
    LEFT JOIN (
      SELECT "address_id", "_pos", "_deleted", "region__region_title", "_pos_region", "region_code" FROM (
        SELECT "address_id", "_pos", "_deleted", "region__region_title", "_pos_region", "region_code", ROW_NUMBER() OVER (PARTITION BY "address_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_postal_address"
      ) AS numbered WHERE _rank = 1
    ) AS q7
      ON r."_key_order__customer__home__home_address" = q7."address_id" AND r."_pos_order__customer__home" < q7."_pos"
    LEFT JOIN (
      SELECT "region_code", "_pos", "_deleted", "region_title" FROM (
        SELECT "region_code", "_pos", "_deleted", "region_title", ROW_NUMBER() OVER (PARTITION BY "region_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sales_region"
      ) AS numbered WHERE _rank = 1
    ) AS q8
      ON r."_key_order__shipping__region__region_code" = q8."region_code" AND r."_pos_order__shipping__region" < q8."_pos"
    LEFT JOIN (
      SELECT "region_code", "_pos", "_deleted", "tax_rate" FROM (
        SELECT "region_code", "_pos", "_deleted", "tax_rate", ROW_NUMBER() OVER (PARTITION BY "region_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sales_region"
      ) AS numbered WHERE _rank = 1
    ) AS q9
      ON r."_key_order__outlet__region__region_code" = q9."region_code" AND r."_pos_order__outlet__region" < q9."_pos"
    LEFT JOIN (
      SELECT "department_code", "_pos", "_deleted", "department_title", "age_restricted" FROM (
        SELECT "department_code", "_pos", "_deleted", "department_title", "age_restricted", ROW_NUMBER() OVER (PARTITION BY "department_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_department"
      ) AS numbered WHERE _rank = 1
    ) AS q10
      ON r."_key_product__category__department__department_code" = q10."department_code" AND r."_pos_product__category__department" < q10."_pos"
  ) AS r
  LEFT JOIN (
    SELECT "region_code", "_pos", "_deleted", "region_title" FROM (
      SELECT "region_code", "_pos", "_deleted", "region_title", ROW_NUMBER() OVER (PARTITION BY "region_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sales_region"
    ) AS numbered WHERE _rank = 1
  ) AS q11
    ON r."_key_order__customer__home__region__region_code" = q11."region_code" AND r."_pos_order__customer__home__region" < q11."_pos"
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, sales_lines
DELETE FROM "sales"."sales_lines_base" USING "next_rows_sales_lines" AS n
WHERE "sales"."sales_lines_base"."order_id" = n."order_id" AND "sales"."sales_lines_base"."line_number" = n."line_number";

-- step 6, sales_lines
INSERT INTO "sales"."sales_lines_base" ("order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region")
SELECT n."order_id", n."line_number", n."quantity", n."unit_price", n."discount", n."gift_wrapped", n."changed_at", n."product_id", n."product_title", n."list_price", n."unit_weight", n."discontinued", n."released_on", n."category_title", n."usual_margin", n."department_title", n."age_restricted", n."ordered_at", n."is_urgent", n."customer_number", n."customer_name", n."telephone", n."born_on", n."wants_mail", n."credit_limit", n."home_region", n."billing_address", n."billing_street", n."billing_postcode", n."shipping_town", n."shipping_postcode", n."shipping_region", n."outlet_id", n."outlet_town", n."tax_rate", n."_pos", n."_pos_order", n."_pos_product", n."_pos_order__customer", n."_key_order__billing__billing_address", n."_pos_order__billing", n."_key_order__shipping__shipping_address", n."_pos_order__shipping", n."_pos_order__outlet", n."_key_product__category__category_id", n."_pos_product__category", n."_key_order__customer__home__home_address", n."_pos_order__customer__home", n."_key_order__shipping__region__region_code", n."_pos_order__shipping__region", n."_key_order__outlet__region__region_code", n."_pos_order__outlet__region", n."_key_product__category__department__department_code", n."_pos_product__category__department", n."_key_order__customer__home__region__region_code", n."_pos_order__customer__home__region" FROM "next_rows_sales_lines" AS n WHERE NOT n."_deleted";

-- step 7, sales_lines
DELETE FROM "starjoin"."tombstones_sales_lines" USING "next_rows_sales_lines" AS n
WHERE "starjoin"."tombstones_sales_lines"."order_id" = n."order_id" AND "starjoin"."tombstones_sales_lines"."line_number" = n."line_number";

-- step 7, sales_lines
INSERT INTO "starjoin"."tombstones_sales_lines" ("order_id", "line_number", "_pos", "_loaded_at")
SELECT "order_id", "line_number", "_pos", GETDATE() FROM "next_rows_sales_lines" WHERE "_deleted";

-- step 5, supplier_lines
CREATE TEMP TABLE "next_rows_supplier_lines" DISTSTYLE EVEN AS
SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department", "_deleted", "_staged"
FROM (
  SELECT
    r."line_in_order",
    r."sold_in_order",
    r."sold",
    r."made_in",
    r."supplier_number",
    r."supplier_title",
    r."supplier_rating",
    r."product_rating",
    CASE WHEN q3."department_code" IS NOT NULL THEN CASE WHEN NOT q3."_deleted" THEN q3."department_code" END ELSE r."department_code" END AS "department_code",
    r."_pos",
    r."_key_product__product_id",
    r."_pos_product",
    r."_key_product__category__category_id",
    r."_pos_product__category",
    r."_key_product__maker__made_by",
    r."_pos_product__maker",
    r."_key_product__category__department__department_code",
    CASE WHEN q3."department_code" IS NOT NULL THEN q3."_pos" ELSE r."_pos_product__category__department" END AS "_pos_product__category__department",
    r."_deleted", r."_staged",
    CASE WHEN q3."department_code" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
  FROM (
    SELECT
      r."line_in_order",
      r."sold_in_order",
      r."sold",
      r."made_in",
      CASE WHEN q2."supplier_country" IS NOT NULL THEN CASE WHEN NOT q2."_deleted" THEN q2."supplier_number" END ELSE r."supplier_number" END AS "supplier_number",
      CASE WHEN q2."supplier_country" IS NOT NULL THEN q2."supplier_title" ELSE r."supplier_title" END AS "supplier_title",
      CASE WHEN q2."supplier_country" IS NOT NULL THEN q2."supplier_rating" ELSE r."supplier_rating" END AS "supplier_rating",
      r."product_rating",
      CASE WHEN q1."category_id" IS NOT NULL THEN q1."department__department_code" ELSE r."department_code" END AS "department_code",
      r."_pos",
      r."_key_product__product_id",
      r."_pos_product",
      r."_key_product__category__category_id",
      CASE WHEN q1."category_id" IS NOT NULL THEN q1."_pos" ELSE r."_pos_product__category" END AS "_pos_product__category",
      r."_key_product__maker__made_by",
      CASE WHEN q2."supplier_country" IS NOT NULL THEN q2."_pos" ELSE r."_pos_product__maker" END AS "_pos_product__maker",
      CASE WHEN q1."category_id" IS NOT NULL THEN q1."department_code" ELSE r."_key_product__category__department__department_code" END AS "_key_product__category__department__department_code",
      CASE WHEN q1."category_id" IS NOT NULL THEN q1."_pos_department" ELSE r."_pos_product__category__department" END AS "_pos_product__category__department",
      r."_deleted", r."_staged",
      CASE WHEN q1."category_id" IS NOT NULL OR q2."supplier_country" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
    FROM (
      SELECT
        r."line_in_order",
        r."sold_in_order",
        r."sold",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."made_in" ELSE r."made_in" END AS "made_in",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."maker__supplier_number" ELSE r."supplier_number" END AS "supplier_number",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."maker__supplier_title" ELSE r."supplier_title" END AS "supplier_title",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."maker__supplier_rating" ELSE r."supplier_rating" END AS "supplier_rating",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."product_rating" ELSE r."product_rating" END AS "product_rating",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."category__department__department_code" ELSE r."department_code" END AS "department_code",
        r."_pos",
        r."_key_product__product_id",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."_pos" ELSE r."_pos_product" END AS "_pos_product",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."category_id" ELSE r."_key_product__category__category_id" END AS "_key_product__category__category_id",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."_pos_category" ELSE r."_pos_product__category" END AS "_pos_product__category",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."made_by" ELSE r."_key_product__maker__made_by" END AS "_key_product__maker__made_by",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."_pos_maker" ELSE r."_pos_product__maker" END AS "_pos_product__maker",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."category__department_code" ELSE r."_key_product__category__department__department_code" END AS "_key_product__category__department__department_code",
        CASE WHEN q0."product_id" IS NOT NULL THEN q0."_pos_category__department" ELSE r."_pos_product__category__department" END AS "_pos_product__category__department",
        r."_deleted", r."_staged",
        CASE WHEN q0."product_id" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
      FROM (
        SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department", "_deleted", "_staged", "_changed"
        FROM (
          SELECT pool."line_in_order", pool."sold_in_order", pool."sold", pool."made_in", pool."supplier_number", pool."supplier_title", pool."supplier_rating", pool."product_rating", pool."department_code", pool."_pos", pool."_key_product__product_id", pool."_pos_product", pool."_key_product__category__category_id", pool."_pos_product__category", pool."_key_product__maker__made_by", pool."_pos_product__maker", pool."_key_product__category__department__department_code", pool."_pos_product__category__department", pool."_deleted", pool."_staged", 0 AS "_changed",
            ROW_NUMBER() OVER (PARTITION BY pool."sold_in_order", pool."line_in_order" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
          FROM (
            SELECT t."line_in_order", t."sold_in_order", t."sold", t."made_in", t."supplier_number", t."supplier_title", t."supplier_rating", t."product_rating", t."department_code", t."_pos", t."_key_product__product_id", t."_pos_product", t."_key_product__category__category_id", t."_pos_product__category", t."_key_product__maker__made_by", t."_pos_product__maker", t."_key_product__category__department__department_code", t."_pos_product__category__department", FALSE AS "_deleted", 0 AS "_staged"
            FROM "purchasing"."supplier_lines_base" AS t
            JOIN (
              SELECT t."sold_in_order", t."line_in_order"
              FROM "purchasing"."supplier_lines_base" AS t
              LEFT JOIN (SELECT DISTINCT "sold_in_order", "line_in_order" FROM "stage_rows_supplier_lines") AS s ON t."sold_in_order" = s."sold_in_order" AND t."line_in_order" = s."line_in_order"
              LEFT JOIN (SELECT "product_id", MAX("_pos") AS "_pos" FROM "stage_patches_product" GROUP BY "product_id") AS c0
                ON t."_key_product__product_id" = c0."product_id" AND t."_pos_product" < c0."_pos"
              LEFT JOIN (SELECT "category_id", MAX("_pos") AS "_pos" FROM "stage_patches_product_category" GROUP BY "category_id") AS c1
                ON t."_key_product__category__category_id" = c1."category_id" AND t."_pos_product__category" < c1."_pos"
              LEFT JOIN (SELECT "supplier_country", "supplier_number", MAX("_pos") AS "_pos" FROM "stage_patches_supplier" GROUP BY "supplier_country", "supplier_number") AS c2
                ON t."made_in" = c2."supplier_country" AND t."_key_product__maker__made_by" = c2."supplier_number" AND t."_pos_product__maker" < c2."_pos"
              LEFT JOIN (SELECT "department_code", MAX("_pos") AS "_pos" FROM "stage_patches_department" GROUP BY "department_code") AS c3
                ON t."_key_product__category__department__department_code" = c3."department_code" AND t."_pos_product__category__department" < c3."_pos"
              WHERE s."sold_in_order" IS NOT NULL OR c0."product_id" IS NOT NULL OR c1."category_id" IS NOT NULL OR c2."supplier_country" IS NOT NULL OR c3."department_code" IS NOT NULL
            ) AS touched ON t."sold_in_order" = touched."sold_in_order" AND t."line_in_order" = touched."line_in_order"
            UNION ALL
            SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department", "_deleted", 1 AS "_staged"
            FROM "stage_rows_supplier_lines"
            UNION ALL
            SELECT b."line_in_order", b."sold_in_order", NULL AS "sold", NULL AS "made_in", NULL AS "supplier_number", NULL AS "supplier_title", NULL AS "supplier_rating", NULL AS "product_rating", NULL AS "department_code", b."_pos", NULL AS "_key_product__product_id", NULL AS "_pos_product", NULL AS "_key_product__category__category_id", NULL AS "_pos_product__category", NULL AS "_key_product__maker__made_by", NULL AS "_pos_product__maker", NULL AS "_key_product__category__department__department_code", NULL AS "_pos_product__category__department", TRUE AS "_deleted", 0 AS "_staged"
            FROM "starjoin"."tombstones_supplier_lines" AS b
            JOIN (SELECT DISTINCT "sold_in_order", "line_in_order" FROM "stage_rows_supplier_lines") AS s ON b."sold_in_order" = s."sold_in_order" AND b."line_in_order" = s."line_in_order"
          ) AS pool
        ) AS ranked WHERE _rank = 1
      ) AS r
      LEFT JOIN (
        SELECT "product_id", "_pos", "_deleted", "made_in", "maker__supplier_number", "maker__supplier_title", "maker__supplier_rating", "product_rating", "category__department__department_code", "_pos_category", "category_id", "_pos_maker", "made_by", "_pos_category__department", "category__department_code" FROM (
          SELECT "product_id", "_pos", "_deleted", "made_in", "maker__supplier_number", "maker__supplier_title", "maker__supplier_rating", "product_rating", "category__department__department_code", "_pos_category", "category_id", "_pos_maker", "made_by", "_pos_category__department", "category__department_code", ROW_NUMBER() OVER (PARTITION BY "product_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_product"
        ) AS numbered WHERE _rank = 1
      ) AS q0
        ON r."_key_product__product_id" = q0."product_id" AND r."_pos_product" < q0."_pos"
    ) AS r
    LEFT JOIN (
      SELECT "category_id", "_pos", "_deleted", "department__department_code", "_pos_department", "department_code" FROM (
        SELECT "category_id", "_pos", "_deleted", "department__department_code", "_pos_department", "department_code", ROW_NUMBER() OVER (PARTITION BY "category_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_product_category"
      ) AS numbered WHERE _rank = 1
    ) AS q1
      ON r."_key_product__category__category_id" = q1."category_id" AND r."_pos_product__category" < q1."_pos"
    LEFT JOIN (
      SELECT "supplier_country", "supplier_number", "_pos", "_deleted", "supplier_title", "supplier_rating" FROM (
        SELECT "supplier_country", "supplier_number", "_pos", "_deleted", "supplier_title", "supplier_rating", ROW_NUMBER() OVER (PARTITION BY "supplier_country", "supplier_number" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_supplier"
      ) AS numbered WHERE _rank = 1
    ) AS q2
      ON r."made_in" = q2."supplier_country" AND r."_key_product__maker__made_by" = q2."supplier_number" AND r."_pos_product__maker" < q2."_pos"
  ) AS r
  LEFT JOIN (
    SELECT "department_code", "_pos", "_deleted" FROM (
      SELECT "department_code", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "department_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_department"
    ) AS numbered WHERE _rank = 1
  ) AS q3
    ON r."_key_product__category__department__department_code" = q3."department_code" AND r."_pos_product__category__department" < q3."_pos"
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, supplier_lines
DELETE FROM "purchasing"."supplier_lines_base" USING "next_rows_supplier_lines" AS n
WHERE "purchasing"."supplier_lines_base"."sold_in_order" = n."sold_in_order" AND "purchasing"."supplier_lines_base"."line_in_order" = n."line_in_order";

-- step 6, supplier_lines
INSERT INTO "purchasing"."supplier_lines_base" ("line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department")
SELECT n."line_in_order", n."sold_in_order", n."sold", n."made_in", n."supplier_number", n."supplier_title", n."supplier_rating", n."product_rating", n."department_code", n."_pos", n."_key_product__product_id", n."_pos_product", n."_key_product__category__category_id", n."_pos_product__category", n."_key_product__maker__made_by", n."_pos_product__maker", n."_key_product__category__department__department_code", n."_pos_product__category__department" FROM "next_rows_supplier_lines" AS n WHERE NOT n."_deleted";

-- step 7, supplier_lines
DELETE FROM "starjoin"."tombstones_supplier_lines" USING "next_rows_supplier_lines" AS n
WHERE "starjoin"."tombstones_supplier_lines"."sold_in_order" = n."sold_in_order" AND "starjoin"."tombstones_supplier_lines"."line_in_order" = n."line_in_order";

-- step 7, supplier_lines
INSERT INTO "starjoin"."tombstones_supplier_lines" ("sold_in_order", "line_in_order", "_pos", "_loaded_at")
SELECT "sold_in_order", "line_in_order", "_pos", GETDATE() FROM "next_rows_supplier_lines" WHERE "_deleted";

-- step 5, deliveries
CREATE TEMP TABLE "next_rows_deliveries" DISTKEY ("shipment_number") AS
SELECT "shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_deleted", "_staged"
FROM (
  SELECT
    r."shipment_number",
    r."order_id",
    r."ordered_at",
    r."ordered_by",
    r."orderer_wants_mail",
    CASE WHEN q9."region_code" IS NOT NULL THEN q9."region_title" ELSE r."ordered_in" END AS "ordered_in",
    r."shipping_town",
    CASE WHEN q8."region_code" IS NOT NULL THEN q8."tax_rate" ELSE r."shipping_tax_rate" END AS "shipping_tax_rate",
    r."depot_town",
    r."depot_region",
    r."depot_region_title",
    r."received_by",
    r."receiver_telephone",
    r."receiver_town",
    r."receiver_postcode",
    r."gross_weight",
    r."freight_cost",
    r."is_insured",
    r."shipped_at",
    r."delivered_on",
    r."_pos",
    r."_pos_order",
    r."_key_depot__depot_id",
    r."_pos_depot",
    r."_pos_receiver",
    r."_key_order__customer__customer_number",
    r."_pos_order__customer",
    r."_key_order__shipping__shipping_address",
    r."_pos_order__shipping",
    r."_key_order__outlet__outlet_id",
    r."_pos_order__outlet",
    r."_pos_depot__region",
    r."_key_receiver__home__home_address",
    r."_pos_receiver__home",
    r."_key_order__shipping__region__region_code",
    CASE WHEN q8."region_code" IS NOT NULL THEN q8."_pos" ELSE r."_pos_order__shipping__region" END AS "_pos_order__shipping__region",
    r."_key_order__outlet__region__region_code",
    CASE WHEN q9."region_code" IS NOT NULL THEN q9."_pos" ELSE r."_pos_order__outlet__region" END AS "_pos_order__outlet__region",
    r."_deleted", r."_staged",
    CASE WHEN q8."region_code" IS NOT NULL OR q9."region_code" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
  FROM (
    SELECT
      r."shipment_number",
      r."order_id",
      r."ordered_at",
      CASE WHEN q3."customer_number" IS NOT NULL THEN CASE WHEN NOT q3."_deleted" THEN q3."customer_number" END ELSE r."ordered_by" END AS "ordered_by",
      CASE WHEN q3."customer_number" IS NOT NULL THEN q3."wants_mail" ELSE r."orderer_wants_mail" END AS "orderer_wants_mail",
      CASE WHEN q5."outlet_id" IS NOT NULL THEN q5."region__region_title" ELSE r."ordered_in" END AS "ordered_in",
      CASE WHEN q4."address_id" IS NOT NULL THEN q4."town" ELSE r."shipping_town" END AS "shipping_town",
      CASE WHEN q4."address_id" IS NOT NULL THEN q4."region__tax_rate" ELSE r."shipping_tax_rate" END AS "shipping_tax_rate",
      r."depot_town",
      r."depot_region",
      CASE WHEN q6."region_code" IS NOT NULL THEN q6."region_title" ELSE r."depot_region_title" END AS "depot_region_title",
      r."received_by",
      r."receiver_telephone",
      CASE WHEN q7."address_id" IS NOT NULL THEN q7."town" ELSE r."receiver_town" END AS "receiver_town",
      CASE WHEN q7."address_id" IS NOT NULL THEN q7."postcode" ELSE r."receiver_postcode" END AS "receiver_postcode",
      r."gross_weight",
      r."freight_cost",
      r."is_insured",
      r."shipped_at",
      r."delivered_on",
      r."_pos",
      r."_pos_order",
      r."_key_depot__depot_id",
      r."_pos_depot",
      r."_pos_receiver",
      r."_key_order__customer__customer_number",
      CASE WHEN q3."customer_number" IS NOT NULL THEN q3."_pos" ELSE r."_pos_order__customer" END AS "_pos_order__customer",
      r."_key_order__shipping__shipping_address",
      CASE WHEN q4."address_id" IS NOT NULL THEN q4."_pos" ELSE r."_pos_order__shipping" END AS "_pos_order__shipping",
      r."_key_order__outlet__outlet_id",
      CASE WHEN q5."outlet_id" IS NOT NULL THEN q5."_pos" ELSE r."_pos_order__outlet" END AS "_pos_order__outlet",
      CASE WHEN q6."region_code" IS NOT NULL THEN q6."_pos" ELSE r."_pos_depot__region" END AS "_pos_depot__region",
      r."_key_receiver__home__home_address",
      CASE WHEN q7."address_id" IS NOT NULL THEN q7."_pos" ELSE r."_pos_receiver__home" END AS "_pos_receiver__home",
      CASE WHEN q4."address_id" IS NOT NULL THEN q4."region_code" ELSE r."_key_order__shipping__region__region_code" END AS "_key_order__shipping__region__region_code",
      CASE WHEN q4."address_id" IS NOT NULL THEN q4."_pos_region" ELSE r."_pos_order__shipping__region" END AS "_pos_order__shipping__region",
      CASE WHEN q5."outlet_id" IS NOT NULL THEN q5."region_code" ELSE r."_key_order__outlet__region__region_code" END AS "_key_order__outlet__region__region_code",
      CASE WHEN q5."outlet_id" IS NOT NULL THEN q5."_pos_region" ELSE r."_pos_order__outlet__region" END AS "_pos_order__outlet__region",
      r."_deleted", r."_staged",
      CASE WHEN q3."customer_number" IS NOT NULL OR q4."address_id" IS NOT NULL OR q5."outlet_id" IS NOT NULL OR q6."region_code" IS NOT NULL OR q7."address_id" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
    FROM (
      SELECT
        r."shipment_number",
        r."order_id",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."ordered_at" ELSE r."ordered_at" END AS "ordered_at",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__customer_number" ELSE r."ordered_by" END AS "ordered_by",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer__wants_mail" ELSE r."orderer_wants_mail" END AS "orderer_wants_mail",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."outlet__region__region_title" ELSE r."ordered_in" END AS "ordered_in",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."shipping__town" ELSE r."shipping_town" END AS "shipping_town",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."shipping__region__tax_rate" ELSE r."shipping_tax_rate" END AS "shipping_tax_rate",
        CASE WHEN q1."outlet_id" IS NOT NULL THEN q1."outlet_town" ELSE r."depot_town" END AS "depot_town",
        CASE WHEN q1."outlet_id" IS NOT NULL THEN q1."region_code" ELSE r."depot_region" END AS "depot_region",
        CASE WHEN q1."outlet_id" IS NOT NULL THEN q1."region__region_title" ELSE r."depot_region_title" END AS "depot_region_title",
        r."received_by",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."telephone" ELSE r."receiver_telephone" END AS "receiver_telephone",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."home__town" ELSE r."receiver_town" END AS "receiver_town",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."home__postcode" ELSE r."receiver_postcode" END AS "receiver_postcode",
        r."gross_weight",
        r."freight_cost",
        r."is_insured",
        r."shipped_at",
        r."delivered_on",
        r."_pos",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos" ELSE r."_pos_order" END AS "_pos_order",
        r."_key_depot__depot_id",
        CASE WHEN q1."outlet_id" IS NOT NULL THEN q1."_pos" ELSE r."_pos_depot" END AS "_pos_depot",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."_pos" ELSE r."_pos_receiver" END AS "_pos_receiver",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."customer_number" ELSE r."_key_order__customer__customer_number" END AS "_key_order__customer__customer_number",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_customer" ELSE r."_pos_order__customer" END AS "_pos_order__customer",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."shipping_address" ELSE r."_key_order__shipping__shipping_address" END AS "_key_order__shipping__shipping_address",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_shipping" ELSE r."_pos_order__shipping" END AS "_pos_order__shipping",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."outlet_id" ELSE r."_key_order__outlet__outlet_id" END AS "_key_order__outlet__outlet_id",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_outlet" ELSE r."_pos_order__outlet" END AS "_pos_order__outlet",
        CASE WHEN q1."outlet_id" IS NOT NULL THEN q1."_pos_region" ELSE r."_pos_depot__region" END AS "_pos_depot__region",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."home_address" ELSE r."_key_receiver__home__home_address" END AS "_key_receiver__home__home_address",
        CASE WHEN q2."customer_number" IS NOT NULL THEN q2."_pos_home" ELSE r."_pos_receiver__home" END AS "_pos_receiver__home",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."shipping__region_code" ELSE r."_key_order__shipping__region__region_code" END AS "_key_order__shipping__region__region_code",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_shipping__region" ELSE r."_pos_order__shipping__region" END AS "_pos_order__shipping__region",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."outlet__region_code" ELSE r."_key_order__outlet__region__region_code" END AS "_key_order__outlet__region__region_code",
        CASE WHEN q0."order_id" IS NOT NULL THEN q0."_pos_outlet__region" ELSE r."_pos_order__outlet__region" END AS "_pos_order__outlet__region",
        r."_deleted", r."_staged",
        CASE WHEN q0."order_id" IS NOT NULL OR q1."outlet_id" IS NOT NULL OR q2."customer_number" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
      FROM (
        SELECT "shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_deleted", "_staged", "_changed"
        FROM (
          SELECT pool."shipment_number", pool."order_id", pool."ordered_at", pool."ordered_by", pool."orderer_wants_mail", pool."ordered_in", pool."shipping_town", pool."shipping_tax_rate", pool."depot_town", pool."depot_region", pool."depot_region_title", pool."received_by", pool."receiver_telephone", pool."receiver_town", pool."receiver_postcode", pool."gross_weight", pool."freight_cost", pool."is_insured", pool."shipped_at", pool."delivered_on", pool."_pos", pool."_pos_order", pool."_key_depot__depot_id", pool."_pos_depot", pool."_pos_receiver", pool."_key_order__customer__customer_number", pool."_pos_order__customer", pool."_key_order__shipping__shipping_address", pool."_pos_order__shipping", pool."_key_order__outlet__outlet_id", pool."_pos_order__outlet", pool."_pos_depot__region", pool."_key_receiver__home__home_address", pool."_pos_receiver__home", pool."_key_order__shipping__region__region_code", pool."_pos_order__shipping__region", pool."_key_order__outlet__region__region_code", pool."_pos_order__outlet__region", pool."_deleted", pool."_staged", 0 AS "_changed",
            ROW_NUMBER() OVER (PARTITION BY pool."shipment_number" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
          FROM (
            SELECT t."shipment_number", t."order_id", t."ordered_at", t."ordered_by", t."orderer_wants_mail", t."ordered_in", t."shipping_town", t."shipping_tax_rate", t."depot_town", t."depot_region", t."depot_region_title", t."received_by", t."receiver_telephone", t."receiver_town", t."receiver_postcode", t."gross_weight", t."freight_cost", t."is_insured", t."shipped_at", t."delivered_on", t."_pos", t."_pos_order", t."_key_depot__depot_id", t."_pos_depot", t."_pos_receiver", t."_key_order__customer__customer_number", t."_pos_order__customer", t."_key_order__shipping__shipping_address", t."_pos_order__shipping", t."_key_order__outlet__outlet_id", t."_pos_order__outlet", t."_pos_depot__region", t."_key_receiver__home__home_address", t."_pos_receiver__home", t."_key_order__shipping__region__region_code", t."_pos_order__shipping__region", t."_key_order__outlet__region__region_code", t."_pos_order__outlet__region", FALSE AS "_deleted", 0 AS "_staged"
            FROM "logistics"."deliveries_base" AS t
            JOIN (
              SELECT t."shipment_number"
              FROM "logistics"."deliveries_base" AS t
              LEFT JOIN (SELECT DISTINCT "shipment_number" FROM "stage_rows_deliveries") AS s ON t."shipment_number" = s."shipment_number"
              LEFT JOIN (SELECT "order_id", MAX("_pos") AS "_pos" FROM "stage_patches_customer_order" GROUP BY "order_id") AS c0
                ON t."order_id" = c0."order_id" AND t."_pos_order" < c0."_pos"
              LEFT JOIN (SELECT "outlet_id", MAX("_pos") AS "_pos" FROM "stage_patches_outlet" GROUP BY "outlet_id") AS c1
                ON t."_key_depot__depot_id" = c1."outlet_id" AND t."_pos_depot" < c1."_pos"
              LEFT JOIN (SELECT "customer_number", MAX("_pos") AS "_pos" FROM "stage_patches_customer" GROUP BY "customer_number") AS c2
                ON t."received_by" = c2."customer_number" AND t."_pos_receiver" < c2."_pos"
              LEFT JOIN (SELECT "customer_number", MAX("_pos") AS "_pos" FROM "stage_patches_customer" GROUP BY "customer_number") AS c3
                ON t."_key_order__customer__customer_number" = c3."customer_number" AND t."_pos_order__customer" < c3."_pos"
              LEFT JOIN (SELECT "address_id", MAX("_pos") AS "_pos" FROM "stage_patches_postal_address" GROUP BY "address_id") AS c4
                ON t."_key_order__shipping__shipping_address" = c4."address_id" AND t."_pos_order__shipping" < c4."_pos"
              LEFT JOIN (SELECT "outlet_id", MAX("_pos") AS "_pos" FROM "stage_patches_outlet" GROUP BY "outlet_id") AS c5
                ON t."_key_order__outlet__outlet_id" = c5."outlet_id" AND t."_pos_order__outlet" < c5."_pos"
              LEFT JOIN (SELECT "region_code", MAX("_pos") AS "_pos" FROM "stage_patches_sales_region" GROUP BY "region_code") AS c6
                ON t."depot_region" = c6."region_code" AND t."_pos_depot__region" < c6."_pos"
              LEFT JOIN (SELECT "address_id", MAX("_pos") AS "_pos" FROM "stage_patches_postal_address" GROUP BY "address_id") AS c7
                ON t."_key_receiver__home__home_address" = c7."address_id" AND t."_pos_receiver__home" < c7."_pos"
              LEFT JOIN (SELECT "region_code", MAX("_pos") AS "_pos" FROM "stage_patches_sales_region" GROUP BY "region_code") AS c8
                ON t."_key_order__shipping__region__region_code" = c8."region_code" AND t."_pos_order__shipping__region" < c8."_pos"
              LEFT JOIN (SELECT "region_code", MAX("_pos") AS "_pos" FROM "stage_patches_sales_region" GROUP BY "region_code") AS c9
                ON t."_key_order__outlet__region__region_code" = c9."region_code" AND t."_pos_order__outlet__region" < c9."_pos"
              WHERE s."shipment_number" IS NOT NULL OR c0."order_id" IS NOT NULL OR c1."outlet_id" IS NOT NULL OR c2."customer_number" IS NOT NULL OR c3."customer_number" IS NOT NULL OR c4."address_id" IS NOT NULL OR c5."outlet_id" IS NOT NULL OR c6."region_code" IS NOT NULL OR c7."address_id" IS NOT NULL OR c8."region_code" IS NOT NULL OR c9."region_code" IS NOT NULL
            ) AS touched ON t."shipment_number" = touched."shipment_number"
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
      LEFT JOIN (
        SELECT "order_id", "_pos", "_deleted", "ordered_at", "customer__customer_number", "customer__wants_mail", "outlet__region__region_title", "shipping__town", "shipping__region__tax_rate", "_pos_customer", "customer_number", "_pos_shipping", "shipping_address", "_pos_outlet", "outlet_id", "_pos_shipping__region", "shipping__region_code", "_pos_outlet__region", "outlet__region_code" FROM (
          SELECT "order_id", "_pos", "_deleted", "ordered_at", "customer__customer_number", "customer__wants_mail", "outlet__region__region_title", "shipping__town", "shipping__region__tax_rate", "_pos_customer", "customer_number", "_pos_shipping", "shipping_address", "_pos_outlet", "outlet_id", "_pos_shipping__region", "shipping__region_code", "_pos_outlet__region", "outlet__region_code", ROW_NUMBER() OVER (PARTITION BY "order_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer_order"
        ) AS numbered WHERE _rank = 1
      ) AS q0
        ON r."order_id" = q0."order_id" AND r."_pos_order" < q0."_pos"
      LEFT JOIN (
        SELECT "outlet_id", "_pos", "_deleted", "outlet_town", "region_code", "region__region_title", "_pos_region" FROM (
          SELECT "outlet_id", "_pos", "_deleted", "outlet_town", "region_code", "region__region_title", "_pos_region", ROW_NUMBER() OVER (PARTITION BY "outlet_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_outlet"
        ) AS numbered WHERE _rank = 1
      ) AS q1
        ON r."_key_depot__depot_id" = q1."outlet_id" AND r."_pos_depot" < q1."_pos"
      LEFT JOIN (
        SELECT "customer_number", "_pos", "_deleted", "telephone", "home__town", "home__postcode", "_pos_home", "home_address" FROM (
          SELECT "customer_number", "_pos", "_deleted", "telephone", "home__town", "home__postcode", "_pos_home", "home_address", ROW_NUMBER() OVER (PARTITION BY "customer_number" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer"
        ) AS numbered WHERE _rank = 1
      ) AS q2
        ON r."received_by" = q2."customer_number" AND r."_pos_receiver" < q2."_pos"
    ) AS r
    LEFT JOIN (
      SELECT "customer_number", "_pos", "_deleted", "wants_mail" FROM (
        SELECT "customer_number", "_pos", "_deleted", "wants_mail", ROW_NUMBER() OVER (PARTITION BY "customer_number" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer"
      ) AS numbered WHERE _rank = 1
    ) AS q3
      ON r."_key_order__customer__customer_number" = q3."customer_number" AND r."_pos_order__customer" < q3."_pos"
    LEFT JOIN (
      SELECT "address_id", "_pos", "_deleted", "town", "region__tax_rate", "_pos_region", "region_code" FROM (
        SELECT "address_id", "_pos", "_deleted", "town", "region__tax_rate", "_pos_region", "region_code", ROW_NUMBER() OVER (PARTITION BY "address_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_postal_address"
      ) AS numbered WHERE _rank = 1
    ) AS q4
      ON r."_key_order__shipping__shipping_address" = q4."address_id" AND r."_pos_order__shipping" < q4."_pos"
    LEFT JOIN (
      SELECT "outlet_id", "_pos", "_deleted", "region__region_title", "_pos_region", "region_code" FROM (
        SELECT "outlet_id", "_pos", "_deleted", "region__region_title", "_pos_region", "region_code", ROW_NUMBER() OVER (PARTITION BY "outlet_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_outlet"
      ) AS numbered WHERE _rank = 1
    ) AS q5
      ON r."_key_order__outlet__outlet_id" = q5."outlet_id" AND r."_pos_order__outlet" < q5."_pos"
    LEFT JOIN (
      SELECT "region_code", "_pos", "_deleted", "region_title" FROM (
        SELECT "region_code", "_pos", "_deleted", "region_title", ROW_NUMBER() OVER (PARTITION BY "region_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sales_region"
      ) AS numbered WHERE _rank = 1
    ) AS q6
      ON r."depot_region" = q6."region_code" AND r."_pos_depot__region" < q6."_pos"
    LEFT JOIN (
      SELECT "address_id", "_pos", "_deleted", "town", "postcode" FROM (
        SELECT "address_id", "_pos", "_deleted", "town", "postcode", ROW_NUMBER() OVER (PARTITION BY "address_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_postal_address"
      ) AS numbered WHERE _rank = 1
    ) AS q7
      ON r."_key_receiver__home__home_address" = q7."address_id" AND r."_pos_receiver__home" < q7."_pos"
  ) AS r
  LEFT JOIN (
    SELECT "region_code", "_pos", "_deleted", "tax_rate" FROM (
      SELECT "region_code", "_pos", "_deleted", "tax_rate", ROW_NUMBER() OVER (PARTITION BY "region_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sales_region"
    ) AS numbered WHERE _rank = 1
  ) AS q8
    ON r."_key_order__shipping__region__region_code" = q8."region_code" AND r."_pos_order__shipping__region" < q8."_pos"
  LEFT JOIN (
    SELECT "region_code", "_pos", "_deleted", "region_title" FROM (
      SELECT "region_code", "_pos", "_deleted", "region_title", ROW_NUMBER() OVER (PARTITION BY "region_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sales_region"
    ) AS numbered WHERE _rank = 1
  ) AS q9
    ON r."_key_order__outlet__region__region_code" = q9."region_code" AND r."_pos_order__outlet__region" < q9."_pos"
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
