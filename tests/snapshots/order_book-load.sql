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
  "_pos" VARCHAR(44),
  "_pos_order" VARCHAR(44),
  "_pos_product" VARCHAR(44),
  "_pos_order__customer" VARCHAR(44),
  "_key_order__billing__billing_address" BIGINT,
  "_pos_order__billing" VARCHAR(44),
  "_key_order__shipping__shipping_address" BIGINT,
  "_pos_order__shipping" VARCHAR(44),
  "_pos_order__outlet" VARCHAR(44),
  "_key_product__category__category_id" INTEGER,
  "_pos_product__category" VARCHAR(44),
  "_key_order__customer__home__home_address" BIGINT,
  "_pos_order__customer__home" VARCHAR(44),
  "_key_order__shipping__region__region_code" VARCHAR(8),
  "_pos_order__shipping__region" VARCHAR(44),
  "_key_order__outlet__region__region_code" VARCHAR(8),
  "_pos_order__outlet__region" VARCHAR(44),
  "_key_product__category__department__department_code" SMALLINT,
  "_pos_product__category__department" VARCHAR(44),
  "_key_order__customer__home__region__region_code" VARCHAR(8),
  "_pos_order__customer__home__region" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("order_id");

-- step 2, sales_lines
CREATE TEMP TABLE "newest_rows_sales_lines" (
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
  "_pos" VARCHAR(44),
  "_pos_order" VARCHAR(44),
  "_pos_product" VARCHAR(44),
  "_pos_order__customer" VARCHAR(44),
  "_key_order__billing__billing_address" BIGINT,
  "_pos_order__billing" VARCHAR(44),
  "_key_order__shipping__shipping_address" BIGINT,
  "_pos_order__shipping" VARCHAR(44),
  "_pos_order__outlet" VARCHAR(44),
  "_key_product__category__category_id" INTEGER,
  "_pos_product__category" VARCHAR(44),
  "_key_order__customer__home__home_address" BIGINT,
  "_pos_order__customer__home" VARCHAR(44),
  "_key_order__shipping__region__region_code" VARCHAR(8),
  "_pos_order__shipping__region" VARCHAR(44),
  "_key_order__outlet__region__region_code" VARCHAR(8),
  "_pos_order__outlet__region" VARCHAR(44),
  "_key_product__category__department__department_code" SMALLINT,
  "_pos_product__category__department" VARCHAR(44),
  "_key_order__customer__home__region__region_code" VARCHAR(8),
  "_pos_order__customer__home__region" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("order_id");

-- step 2, sales_lines
COPY "stage_rows_sales_lines" FROM 's3://staged/sales_lines-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

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
  "_pos" VARCHAR(44),
  "_key_product__product_id" BIGINT,
  "_pos_product" VARCHAR(44),
  "_key_product__category__category_id" INTEGER,
  "_pos_product__category" VARCHAR(44),
  "_key_product__maker__made_by" INTEGER,
  "_pos_product__maker" VARCHAR(44),
  "_key_product__category__department__department_code" SMALLINT,
  "_pos_product__category__department" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, supplier_lines
CREATE TEMP TABLE "newest_rows_supplier_lines" (
  "line_in_order" SMALLINT,
  "sold_in_order" BIGINT,
  "sold" DECIMAL(10,3),
  "made_in" VARCHAR(2),
  "supplier_number" INTEGER,
  "supplier_title" VARCHAR(80),
  "supplier_rating" DOUBLE PRECISION,
  "product_rating" DECIMAL(3,2),
  "department_code" SMALLINT,
  "_pos" VARCHAR(44),
  "_key_product__product_id" BIGINT,
  "_pos_product" VARCHAR(44),
  "_key_product__category__category_id" INTEGER,
  "_pos_product__category" VARCHAR(44),
  "_key_product__maker__made_by" INTEGER,
  "_pos_product__maker" VARCHAR(44),
  "_key_product__category__department__department_code" SMALLINT,
  "_pos_product__category__department" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, supplier_lines
COPY "stage_rows_supplier_lines" FROM 's3://staged/supplier_lines-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

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
  "_pos" VARCHAR(44),
  "_pos_order" VARCHAR(44),
  "_key_depot__depot_id" SMALLINT,
  "_pos_depot" VARCHAR(44),
  "_pos_receiver" VARCHAR(44),
  "_key_order__customer__customer_number" VARCHAR(64),
  "_pos_order__customer" VARCHAR(44),
  "_key_order__shipping__shipping_address" BIGINT,
  "_pos_order__shipping" VARCHAR(44),
  "_key_order__outlet__outlet_id" SMALLINT,
  "_pos_order__outlet" VARCHAR(44),
  "_pos_depot__region" VARCHAR(44),
  "_key_receiver__home__home_address" BIGINT,
  "_pos_receiver__home" VARCHAR(44),
  "_key_order__shipping__region__region_code" VARCHAR(8),
  "_pos_order__shipping__region" VARCHAR(44),
  "_key_order__outlet__region__region_code" VARCHAR(8),
  "_pos_order__outlet__region" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("order_id");

-- step 2, deliveries
CREATE TEMP TABLE "newest_rows_deliveries" (
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
  "_pos" VARCHAR(44),
  "_pos_order" VARCHAR(44),
  "_key_depot__depot_id" SMALLINT,
  "_pos_depot" VARCHAR(44),
  "_pos_receiver" VARCHAR(44),
  "_key_order__customer__customer_number" VARCHAR(64),
  "_pos_order__customer" VARCHAR(44),
  "_key_order__shipping__shipping_address" BIGINT,
  "_pos_order__shipping" VARCHAR(44),
  "_key_order__outlet__outlet_id" SMALLINT,
  "_pos_order__outlet" VARCHAR(44),
  "_pos_depot__region" VARCHAR(44),
  "_key_receiver__home__home_address" BIGINT,
  "_pos_receiver__home" VARCHAR(44),
  "_key_order__shipping__region__region_code" VARCHAR(8),
  "_pos_order__shipping__region" VARCHAR(44),
  "_key_order__outlet__region__region_code" VARCHAR(8),
  "_pos_order__outlet__region" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("order_id");

-- step 2, deliveries
COPY "stage_rows_deliveries" FROM 's3://staged/deliveries-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, department
CREATE TEMP TABLE "stage_patches_department" (
  "department_code" SMALLINT,
  "department_title" VARCHAR(40),
  "age_restricted" BOOLEAN,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, department
CREATE TEMP TABLE "newest_patches_department" (
  "department_code" SMALLINT,
  "department_title" VARCHAR(40),
  "age_restricted" BOOLEAN,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, department
COPY "stage_patches_department" FROM 's3://staged/department-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, product_category
CREATE TEMP TABLE "stage_patches_product_category" (
  "category_id" INTEGER,
  "category_title" VARCHAR(60),
  "department_code" SMALLINT,
  "usual_margin" DECIMAL(5,4),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_department" VARCHAR(44),
  "department__department_code" SMALLINT,
  "department__department_title" VARCHAR(40),
  "department__age_restricted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, product_category
CREATE TEMP TABLE "newest_patches_product_category" (
  "category_id" INTEGER,
  "category_title" VARCHAR(60),
  "department_code" SMALLINT,
  "usual_margin" DECIMAL(5,4),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_department" VARCHAR(44),
  "department__department_code" SMALLINT,
  "department__department_title" VARCHAR(40),
  "department__age_restricted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, product_category
COPY "stage_patches_product_category" FROM 's3://staged/product_category-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, supplier
CREATE TEMP TABLE "stage_patches_supplier" (
  "supplier_country" VARCHAR(2),
  "supplier_number" INTEGER,
  "supplier_title" VARCHAR(80),
  "supplier_rating" DOUBLE PRECISION,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, supplier
CREATE TEMP TABLE "newest_patches_supplier" (
  "supplier_country" VARCHAR(2),
  "supplier_number" INTEGER,
  "supplier_title" VARCHAR(80),
  "supplier_rating" DOUBLE PRECISION,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, supplier
COPY "stage_patches_supplier" FROM 's3://staged/supplier-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

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
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_category" VARCHAR(44),
  "category__category_id" INTEGER,
  "category__category_title" VARCHAR(60),
  "category__department_code" SMALLINT,
  "category__usual_margin" DECIMAL(5,4),
  "_pos_maker" VARCHAR(44),
  "maker__supplier_country" VARCHAR(2),
  "maker__supplier_number" INTEGER,
  "maker__supplier_title" VARCHAR(80),
  "maker__supplier_rating" DOUBLE PRECISION,
  "_pos_category__department" VARCHAR(44),
  "category__department__department_code" SMALLINT,
  "category__department__department_title" VARCHAR(40),
  "category__department__age_restricted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, product
CREATE TEMP TABLE "newest_patches_product" (
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
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_category" VARCHAR(44),
  "category__category_id" INTEGER,
  "category__category_title" VARCHAR(60),
  "category__department_code" SMALLINT,
  "category__usual_margin" DECIMAL(5,4),
  "_pos_maker" VARCHAR(44),
  "maker__supplier_country" VARCHAR(2),
  "maker__supplier_number" INTEGER,
  "maker__supplier_title" VARCHAR(80),
  "maker__supplier_rating" DOUBLE PRECISION,
  "_pos_category__department" VARCHAR(44),
  "category__department__department_code" SMALLINT,
  "category__department__department_title" VARCHAR(40),
  "category__department__age_restricted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, product
COPY "stage_patches_product" FROM 's3://staged/product-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, sales_region
CREATE TEMP TABLE "stage_patches_sales_region" (
  "region_code" VARCHAR(8),
  "region_title" VARCHAR(40),
  "tax_rate" DECIMAL(6,5),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sales_region
CREATE TEMP TABLE "newest_patches_sales_region" (
  "region_code" VARCHAR(8),
  "region_title" VARCHAR(40),
  "tax_rate" DECIMAL(6,5),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sales_region
COPY "stage_patches_sales_region" FROM 's3://staged/sales_region-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, outlet
CREATE TEMP TABLE "stage_patches_outlet" (
  "outlet_id" SMALLINT,
  "outlet_town" VARCHAR(80),
  "region_code" VARCHAR(8),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_region" VARCHAR(44),
  "region__region_code" VARCHAR(8),
  "region__region_title" VARCHAR(40),
  "region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, outlet
CREATE TEMP TABLE "newest_patches_outlet" (
  "outlet_id" SMALLINT,
  "outlet_town" VARCHAR(80),
  "region_code" VARCHAR(8),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_region" VARCHAR(44),
  "region__region_code" VARCHAR(8),
  "region__region_title" VARCHAR(40),
  "region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, outlet
COPY "stage_patches_outlet" FROM 's3://staged/outlet-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, postal_address
CREATE TEMP TABLE "stage_patches_postal_address" (
  "address_id" BIGINT,
  "street_line" VARCHAR(160),
  "postcode" VARCHAR(64),
  "town" VARCHAR(80),
  "region_code" VARCHAR(8),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_region" VARCHAR(44),
  "region__region_code" VARCHAR(8),
  "region__region_title" VARCHAR(40),
  "region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, postal_address
CREATE TEMP TABLE "newest_patches_postal_address" (
  "address_id" BIGINT,
  "street_line" VARCHAR(160),
  "postcode" VARCHAR(64),
  "town" VARCHAR(80),
  "region_code" VARCHAR(8),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_region" VARCHAR(44),
  "region__region_code" VARCHAR(8),
  "region__region_title" VARCHAR(40),
  "region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, postal_address
COPY "stage_patches_postal_address" FROM 's3://staged/postal_address-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, customer
CREATE TEMP TABLE "stage_patches_customer" (
  "customer_number" VARCHAR(64),
  "full_name" VARCHAR(8),
  "telephone" VARCHAR(40),
  "born_on" VARCHAR(64),
  "wants_mail" BOOLEAN,
  "credit_limit" DECIMAL(38,2),
  "home_address" BIGINT,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_home" VARCHAR(44),
  "home__address_id" BIGINT,
  "home__street_line" VARCHAR(160),
  "home__postcode" VARCHAR(64),
  "home__town" VARCHAR(80),
  "home__region_code" VARCHAR(8),
  "_pos_home__region" VARCHAR(44),
  "home__region__region_code" VARCHAR(8),
  "home__region__region_title" VARCHAR(40),
  "home__region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, customer
CREATE TEMP TABLE "newest_patches_customer" (
  "customer_number" VARCHAR(64),
  "full_name" VARCHAR(8),
  "telephone" VARCHAR(40),
  "born_on" VARCHAR(64),
  "wants_mail" BOOLEAN,
  "credit_limit" DECIMAL(38,2),
  "home_address" BIGINT,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_home" VARCHAR(44),
  "home__address_id" BIGINT,
  "home__street_line" VARCHAR(160),
  "home__postcode" VARCHAR(64),
  "home__town" VARCHAR(80),
  "home__region_code" VARCHAR(8),
  "_pos_home__region" VARCHAR(44),
  "home__region__region_code" VARCHAR(8),
  "home__region__region_title" VARCHAR(40),
  "home__region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, customer
COPY "stage_patches_customer" FROM 's3://staged/customer-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, customer_order
CREATE TEMP TABLE "stage_patches_customer_order" (
  "order_id" BIGINT,
  "customer_number" VARCHAR(64),
  "billing_address" BIGINT,
  "shipping_address" BIGINT,
  "outlet_id" SMALLINT,
  "ordered_at" TIMESTAMP,
  "is_urgent" BOOLEAN,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_customer" VARCHAR(44),
  "customer__customer_number" VARCHAR(64),
  "customer__full_name" VARCHAR(8),
  "customer__telephone" VARCHAR(40),
  "customer__born_on" VARCHAR(64),
  "customer__wants_mail" BOOLEAN,
  "customer__credit_limit" DECIMAL(38,2),
  "customer__home_address" BIGINT,
  "_pos_billing" VARCHAR(44),
  "billing__address_id" BIGINT,
  "billing__street_line" VARCHAR(160),
  "billing__postcode" VARCHAR(64),
  "billing__town" VARCHAR(80),
  "billing__region_code" VARCHAR(8),
  "_pos_shipping" VARCHAR(44),
  "shipping__address_id" BIGINT,
  "shipping__street_line" VARCHAR(160),
  "shipping__postcode" VARCHAR(64),
  "shipping__town" VARCHAR(80),
  "shipping__region_code" VARCHAR(8),
  "_pos_outlet" VARCHAR(44),
  "outlet__outlet_id" SMALLINT,
  "outlet__outlet_town" VARCHAR(80),
  "outlet__region_code" VARCHAR(8),
  "_pos_customer__home" VARCHAR(44),
  "customer__home__address_id" BIGINT,
  "customer__home__street_line" VARCHAR(160),
  "customer__home__postcode" VARCHAR(64),
  "customer__home__town" VARCHAR(80),
  "customer__home__region_code" VARCHAR(8),
  "_pos_shipping__region" VARCHAR(44),
  "shipping__region__region_code" VARCHAR(8),
  "shipping__region__region_title" VARCHAR(40),
  "shipping__region__tax_rate" DECIMAL(6,5),
  "_pos_outlet__region" VARCHAR(44),
  "outlet__region__region_code" VARCHAR(8),
  "outlet__region__region_title" VARCHAR(40),
  "outlet__region__tax_rate" DECIMAL(6,5),
  "_pos_customer__home__region" VARCHAR(44),
  "customer__home__region__region_code" VARCHAR(8),
  "customer__home__region__region_title" VARCHAR(40),
  "customer__home__region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, customer_order
CREATE TEMP TABLE "newest_patches_customer_order" (
  "order_id" BIGINT,
  "customer_number" VARCHAR(64),
  "billing_address" BIGINT,
  "shipping_address" BIGINT,
  "outlet_id" SMALLINT,
  "ordered_at" TIMESTAMP,
  "is_urgent" BOOLEAN,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_customer" VARCHAR(44),
  "customer__customer_number" VARCHAR(64),
  "customer__full_name" VARCHAR(8),
  "customer__telephone" VARCHAR(40),
  "customer__born_on" VARCHAR(64),
  "customer__wants_mail" BOOLEAN,
  "customer__credit_limit" DECIMAL(38,2),
  "customer__home_address" BIGINT,
  "_pos_billing" VARCHAR(44),
  "billing__address_id" BIGINT,
  "billing__street_line" VARCHAR(160),
  "billing__postcode" VARCHAR(64),
  "billing__town" VARCHAR(80),
  "billing__region_code" VARCHAR(8),
  "_pos_shipping" VARCHAR(44),
  "shipping__address_id" BIGINT,
  "shipping__street_line" VARCHAR(160),
  "shipping__postcode" VARCHAR(64),
  "shipping__town" VARCHAR(80),
  "shipping__region_code" VARCHAR(8),
  "_pos_outlet" VARCHAR(44),
  "outlet__outlet_id" SMALLINT,
  "outlet__outlet_town" VARCHAR(80),
  "outlet__region_code" VARCHAR(8),
  "_pos_customer__home" VARCHAR(44),
  "customer__home__address_id" BIGINT,
  "customer__home__street_line" VARCHAR(160),
  "customer__home__postcode" VARCHAR(64),
  "customer__home__town" VARCHAR(80),
  "customer__home__region_code" VARCHAR(8),
  "_pos_shipping__region" VARCHAR(44),
  "shipping__region__region_code" VARCHAR(8),
  "shipping__region__region_title" VARCHAR(40),
  "shipping__region__tax_rate" DECIMAL(6,5),
  "_pos_outlet__region" VARCHAR(44),
  "outlet__region__region_code" VARCHAR(8),
  "outlet__region__region_title" VARCHAR(40),
  "outlet__region__tax_rate" DECIMAL(6,5),
  "_pos_customer__home__region" VARCHAR(44),
  "customer__home__region__region_code" VARCHAR(8),
  "customer__home__region__region_title" VARCHAR(40),
  "customer__home__region__tax_rate" DECIMAL(6,5)
) DISTSTYLE EVEN;

-- step 2, customer_order
COPY "stage_patches_customer_order" FROM 's3://staged/customer_order-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 3, sales_lines
INSERT INTO "newest_rows_sales_lines" ("order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region", "_deleted")
SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region", "_deleted" FROM (
  SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region", "_deleted", ROW_NUMBER() OVER (PARTITION BY "order_id", "line_number" ORDER BY "_pos" DESC) AS _rank FROM "stage_rows_sales_lines"
) AS ranked WHERE _rank = 1;

-- step 4, sales_lines
DELETE FROM "newest_rows_sales_lines" USING "sales"."sales_lines" AS t
WHERE "newest_rows_sales_lines"."order_id" = t."order_id" AND "newest_rows_sales_lines"."line_number" = t."line_number" AND t."_pos" >= "newest_rows_sales_lines"."_pos";

-- step 4, sales_lines
DELETE FROM "newest_rows_sales_lines" USING "starjoin"."tombstones_sales_lines" AS b
WHERE "newest_rows_sales_lines"."order_id" = b."order_id" AND "newest_rows_sales_lines"."line_number" = b."line_number" AND b."_pos" >= "newest_rows_sales_lines"."_pos";

-- step 5, sales_lines
DELETE FROM "sales"."sales_lines" USING "newest_rows_sales_lines" AS n
WHERE "sales"."sales_lines"."order_id" = n."order_id" AND "sales"."sales_lines"."line_number" = n."line_number";

-- step 5, sales_lines
INSERT INTO "sales"."sales_lines" ("order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region")
SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate", "_pos", "_pos_order", "_pos_product", "_pos_order__customer", "_key_order__billing__billing_address", "_pos_order__billing", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_pos_order__outlet", "_key_product__category__category_id", "_pos_product__category", "_key_order__customer__home__home_address", "_pos_order__customer__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_key_product__category__department__department_code", "_pos_product__category__department", "_key_order__customer__home__region__region_code", "_pos_order__customer__home__region" FROM "newest_rows_sales_lines" WHERE NOT "_deleted";

-- step 5, sales_lines
DELETE FROM "starjoin"."tombstones_sales_lines" USING "newest_rows_sales_lines" AS n
WHERE "starjoin"."tombstones_sales_lines"."order_id" = n."order_id" AND "starjoin"."tombstones_sales_lines"."line_number" = n."line_number";

-- step 5, sales_lines
INSERT INTO "starjoin"."tombstones_sales_lines" ("order_id", "line_number", "_pos")
SELECT "order_id", "line_number", "_pos" FROM "newest_rows_sales_lines" WHERE "_deleted";

-- step 3, supplier_lines
INSERT INTO "newest_rows_supplier_lines" ("line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department", "_deleted")
SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department", "_deleted" FROM (
  SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department", "_deleted", ROW_NUMBER() OVER (PARTITION BY "sold_in_order", "line_in_order" ORDER BY "_pos" DESC) AS _rank FROM "stage_rows_supplier_lines"
) AS ranked WHERE _rank = 1;

-- step 4, supplier_lines
DELETE FROM "newest_rows_supplier_lines" USING "purchasing"."supplier_lines" AS t
WHERE "newest_rows_supplier_lines"."sold_in_order" = t."sold_in_order" AND "newest_rows_supplier_lines"."line_in_order" = t."line_in_order" AND t."_pos" >= "newest_rows_supplier_lines"."_pos";

-- step 4, supplier_lines
DELETE FROM "newest_rows_supplier_lines" USING "starjoin"."tombstones_supplier_lines" AS b
WHERE "newest_rows_supplier_lines"."sold_in_order" = b."sold_in_order" AND "newest_rows_supplier_lines"."line_in_order" = b."line_in_order" AND b."_pos" >= "newest_rows_supplier_lines"."_pos";

-- step 5, supplier_lines
DELETE FROM "purchasing"."supplier_lines" USING "newest_rows_supplier_lines" AS n
WHERE "purchasing"."supplier_lines"."sold_in_order" = n."sold_in_order" AND "purchasing"."supplier_lines"."line_in_order" = n."line_in_order";

-- step 5, supplier_lines
INSERT INTO "purchasing"."supplier_lines" ("line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department")
SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code", "_pos", "_key_product__product_id", "_pos_product", "_key_product__category__category_id", "_pos_product__category", "_key_product__maker__made_by", "_pos_product__maker", "_key_product__category__department__department_code", "_pos_product__category__department" FROM "newest_rows_supplier_lines" WHERE NOT "_deleted";

-- step 5, supplier_lines
DELETE FROM "starjoin"."tombstones_supplier_lines" USING "newest_rows_supplier_lines" AS n
WHERE "starjoin"."tombstones_supplier_lines"."sold_in_order" = n."sold_in_order" AND "starjoin"."tombstones_supplier_lines"."line_in_order" = n."line_in_order";

-- step 5, supplier_lines
INSERT INTO "starjoin"."tombstones_supplier_lines" ("sold_in_order", "line_in_order", "_pos")
SELECT "sold_in_order", "line_in_order", "_pos" FROM "newest_rows_supplier_lines" WHERE "_deleted";

-- step 3, deliveries
INSERT INTO "newest_rows_deliveries" ("shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_deleted")
SELECT "shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_deleted" FROM (
  SELECT "shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region", "_deleted", ROW_NUMBER() OVER (PARTITION BY "shipment_number" ORDER BY "_pos" DESC) AS _rank FROM "stage_rows_deliveries"
) AS ranked WHERE _rank = 1;

-- step 4, deliveries
DELETE FROM "newest_rows_deliveries" USING "logistics"."deliveries" AS t
WHERE "newest_rows_deliveries"."shipment_number" = t."shipment_number" AND t."_pos" >= "newest_rows_deliveries"."_pos";

-- step 4, deliveries
DELETE FROM "newest_rows_deliveries" USING "starjoin"."tombstones_deliveries" AS b
WHERE "newest_rows_deliveries"."shipment_number" = b."shipment_number" AND b."_pos" >= "newest_rows_deliveries"."_pos";

-- step 5, deliveries
DELETE FROM "logistics"."deliveries" USING "newest_rows_deliveries" AS n
WHERE "logistics"."deliveries"."shipment_number" = n."shipment_number";

-- step 5, deliveries
INSERT INTO "logistics"."deliveries" ("shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region")
SELECT "shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on", "_pos", "_pos_order", "_key_depot__depot_id", "_pos_depot", "_pos_receiver", "_key_order__customer__customer_number", "_pos_order__customer", "_key_order__shipping__shipping_address", "_pos_order__shipping", "_key_order__outlet__outlet_id", "_pos_order__outlet", "_pos_depot__region", "_key_receiver__home__home_address", "_pos_receiver__home", "_key_order__shipping__region__region_code", "_pos_order__shipping__region", "_key_order__outlet__region__region_code", "_pos_order__outlet__region" FROM "newest_rows_deliveries" WHERE NOT "_deleted";

-- step 5, deliveries
DELETE FROM "starjoin"."tombstones_deliveries" USING "newest_rows_deliveries" AS n
WHERE "starjoin"."tombstones_deliveries"."shipment_number" = n."shipment_number";

-- step 5, deliveries
INSERT INTO "starjoin"."tombstones_deliveries" ("shipment_number", "_pos")
SELECT "shipment_number", "_pos" FROM "newest_rows_deliveries" WHERE "_deleted";

-- step 6, department
INSERT INTO "newest_patches_department" ("department_code", "department_title", "age_restricted", "_pos", "_deleted")
SELECT "department_code", "department_title", "age_restricted", "_pos", "_deleted" FROM (
  SELECT "department_code", "department_title", "age_restricted", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "department_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_department"
) AS ranked WHERE _rank = 1;

-- step 6, product_category
INSERT INTO "newest_patches_product_category" ("category_id", "category_title", "department_code", "usual_margin", "_pos", "_deleted", "_pos_department", "department__department_code", "department__department_title", "department__age_restricted")
SELECT "category_id", "category_title", "department_code", "usual_margin", "_pos", "_deleted", "_pos_department", "department__department_code", "department__department_title", "department__age_restricted" FROM (
  SELECT "category_id", "category_title", "department_code", "usual_margin", "_pos", "_deleted", "_pos_department", "department__department_code", "department__department_title", "department__age_restricted", ROW_NUMBER() OVER (PARTITION BY "category_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_product_category"
) AS ranked WHERE _rank = 1;

-- step 6, supplier
INSERT INTO "newest_patches_supplier" ("supplier_country", "supplier_number", "supplier_title", "supplier_rating", "_pos", "_deleted")
SELECT "supplier_country", "supplier_number", "supplier_title", "supplier_rating", "_pos", "_deleted" FROM (
  SELECT "supplier_country", "supplier_number", "supplier_title", "supplier_rating", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "supplier_country", "supplier_number" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_supplier"
) AS ranked WHERE _rank = 1;

-- step 6, product
INSERT INTO "newest_patches_product" ("product_id", "product_title", "product_rating", "category_id", "made_in", "made_by", "list_price", "unit_weight", "discontinued", "released_on", "_pos", "_deleted", "_pos_category", "category__category_id", "category__category_title", "category__department_code", "category__usual_margin", "_pos_maker", "maker__supplier_country", "maker__supplier_number", "maker__supplier_title", "maker__supplier_rating", "_pos_category__department", "category__department__department_code", "category__department__department_title", "category__department__age_restricted")
SELECT "product_id", "product_title", "product_rating", "category_id", "made_in", "made_by", "list_price", "unit_weight", "discontinued", "released_on", "_pos", "_deleted", "_pos_category", "category__category_id", "category__category_title", "category__department_code", "category__usual_margin", "_pos_maker", "maker__supplier_country", "maker__supplier_number", "maker__supplier_title", "maker__supplier_rating", "_pos_category__department", "category__department__department_code", "category__department__department_title", "category__department__age_restricted" FROM (
  SELECT "product_id", "product_title", "product_rating", "category_id", "made_in", "made_by", "list_price", "unit_weight", "discontinued", "released_on", "_pos", "_deleted", "_pos_category", "category__category_id", "category__category_title", "category__department_code", "category__usual_margin", "_pos_maker", "maker__supplier_country", "maker__supplier_number", "maker__supplier_title", "maker__supplier_rating", "_pos_category__department", "category__department__department_code", "category__department__department_title", "category__department__age_restricted", ROW_NUMBER() OVER (PARTITION BY "product_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_product"
) AS ranked WHERE _rank = 1;

-- step 6, sales_region
INSERT INTO "newest_patches_sales_region" ("region_code", "region_title", "tax_rate", "_pos", "_deleted")
SELECT "region_code", "region_title", "tax_rate", "_pos", "_deleted" FROM (
  SELECT "region_code", "region_title", "tax_rate", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "region_code" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sales_region"
) AS ranked WHERE _rank = 1;

-- step 6, outlet
INSERT INTO "newest_patches_outlet" ("outlet_id", "outlet_town", "region_code", "_pos", "_deleted", "_pos_region", "region__region_code", "region__region_title", "region__tax_rate")
SELECT "outlet_id", "outlet_town", "region_code", "_pos", "_deleted", "_pos_region", "region__region_code", "region__region_title", "region__tax_rate" FROM (
  SELECT "outlet_id", "outlet_town", "region_code", "_pos", "_deleted", "_pos_region", "region__region_code", "region__region_title", "region__tax_rate", ROW_NUMBER() OVER (PARTITION BY "outlet_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_outlet"
) AS ranked WHERE _rank = 1;

-- step 6, postal_address
INSERT INTO "newest_patches_postal_address" ("address_id", "street_line", "postcode", "town", "region_code", "_pos", "_deleted", "_pos_region", "region__region_code", "region__region_title", "region__tax_rate")
SELECT "address_id", "street_line", "postcode", "town", "region_code", "_pos", "_deleted", "_pos_region", "region__region_code", "region__region_title", "region__tax_rate" FROM (
  SELECT "address_id", "street_line", "postcode", "town", "region_code", "_pos", "_deleted", "_pos_region", "region__region_code", "region__region_title", "region__tax_rate", ROW_NUMBER() OVER (PARTITION BY "address_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_postal_address"
) AS ranked WHERE _rank = 1;

-- step 6, customer
INSERT INTO "newest_patches_customer" ("customer_number", "full_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_address", "_pos", "_deleted", "_pos_home", "home__address_id", "home__street_line", "home__postcode", "home__town", "home__region_code", "_pos_home__region", "home__region__region_code", "home__region__region_title", "home__region__tax_rate")
SELECT "customer_number", "full_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_address", "_pos", "_deleted", "_pos_home", "home__address_id", "home__street_line", "home__postcode", "home__town", "home__region_code", "_pos_home__region", "home__region__region_code", "home__region__region_title", "home__region__tax_rate" FROM (
  SELECT "customer_number", "full_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_address", "_pos", "_deleted", "_pos_home", "home__address_id", "home__street_line", "home__postcode", "home__town", "home__region_code", "_pos_home__region", "home__region__region_code", "home__region__region_title", "home__region__tax_rate", ROW_NUMBER() OVER (PARTITION BY "customer_number" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer"
) AS ranked WHERE _rank = 1;

-- step 6, customer_order
INSERT INTO "newest_patches_customer_order" ("order_id", "customer_number", "billing_address", "shipping_address", "outlet_id", "ordered_at", "is_urgent", "_pos", "_deleted", "_pos_customer", "customer__customer_number", "customer__full_name", "customer__telephone", "customer__born_on", "customer__wants_mail", "customer__credit_limit", "customer__home_address", "_pos_billing", "billing__address_id", "billing__street_line", "billing__postcode", "billing__town", "billing__region_code", "_pos_shipping", "shipping__address_id", "shipping__street_line", "shipping__postcode", "shipping__town", "shipping__region_code", "_pos_outlet", "outlet__outlet_id", "outlet__outlet_town", "outlet__region_code", "_pos_customer__home", "customer__home__address_id", "customer__home__street_line", "customer__home__postcode", "customer__home__town", "customer__home__region_code", "_pos_shipping__region", "shipping__region__region_code", "shipping__region__region_title", "shipping__region__tax_rate", "_pos_outlet__region", "outlet__region__region_code", "outlet__region__region_title", "outlet__region__tax_rate", "_pos_customer__home__region", "customer__home__region__region_code", "customer__home__region__region_title", "customer__home__region__tax_rate")
SELECT "order_id", "customer_number", "billing_address", "shipping_address", "outlet_id", "ordered_at", "is_urgent", "_pos", "_deleted", "_pos_customer", "customer__customer_number", "customer__full_name", "customer__telephone", "customer__born_on", "customer__wants_mail", "customer__credit_limit", "customer__home_address", "_pos_billing", "billing__address_id", "billing__street_line", "billing__postcode", "billing__town", "billing__region_code", "_pos_shipping", "shipping__address_id", "shipping__street_line", "shipping__postcode", "shipping__town", "shipping__region_code", "_pos_outlet", "outlet__outlet_id", "outlet__outlet_town", "outlet__region_code", "_pos_customer__home", "customer__home__address_id", "customer__home__street_line", "customer__home__postcode", "customer__home__town", "customer__home__region_code", "_pos_shipping__region", "shipping__region__region_code", "shipping__region__region_title", "shipping__region__tax_rate", "_pos_outlet__region", "outlet__region__region_code", "outlet__region__region_title", "outlet__region__tax_rate", "_pos_customer__home__region", "customer__home__region__region_code", "customer__home__region__region_title", "customer__home__region__tax_rate" FROM (
  SELECT "order_id", "customer_number", "billing_address", "shipping_address", "outlet_id", "ordered_at", "is_urgent", "_pos", "_deleted", "_pos_customer", "customer__customer_number", "customer__full_name", "customer__telephone", "customer__born_on", "customer__wants_mail", "customer__credit_limit", "customer__home_address", "_pos_billing", "billing__address_id", "billing__street_line", "billing__postcode", "billing__town", "billing__region_code", "_pos_shipping", "shipping__address_id", "shipping__street_line", "shipping__postcode", "shipping__town", "shipping__region_code", "_pos_outlet", "outlet__outlet_id", "outlet__outlet_town", "outlet__region_code", "_pos_customer__home", "customer__home__address_id", "customer__home__street_line", "customer__home__postcode", "customer__home__town", "customer__home__region_code", "_pos_shipping__region", "shipping__region__region_code", "shipping__region__region_title", "shipping__region__tax_rate", "_pos_outlet__region", "outlet__region__region_code", "outlet__region__region_title", "outlet__region__tax_rate", "_pos_customer__home__region", "customer__home__region__region_code", "customer__home__region__region_title", "customer__home__region__tax_rate", ROW_NUMBER() OVER (PARTITION BY "order_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer_order"
) AS ranked WHERE _rank = 1;

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_order" = q."_pos",
  "ordered_at" = q."ordered_at",
  "is_urgent" = q."is_urgent",
  "customer_number" = q."customer_number",
  "customer_name" = q."customer__full_name",
  "telephone" = q."customer__telephone",
  "born_on" = q."customer__born_on",
  "wants_mail" = q."customer__wants_mail",
  "credit_limit" = q."customer__credit_limit",
  "home_region" = q."customer__home__region__region_title",
  "billing_address" = q."billing__address_id",
  "billing_street" = q."billing__street_line",
  "billing_postcode" = q."billing__postcode",
  "shipping_town" = q."shipping__town",
  "shipping_postcode" = q."shipping__postcode",
  "shipping_region" = q."shipping__region__region_title",
  "outlet_id" = q."outlet_id",
  "outlet_town" = q."outlet__outlet_town",
  "tax_rate" = q."outlet__region__tax_rate",
  "_pos_order__customer" = q."_pos_customer",
  "_pos_order__billing" = q."_pos_billing",
  "_key_order__billing__billing_address" = q."billing_address",
  "_pos_order__shipping" = q."_pos_shipping",
  "_key_order__shipping__shipping_address" = q."shipping_address",
  "_pos_order__outlet" = q."_pos_outlet",
  "_pos_order__customer__home" = q."_pos_customer__home",
  "_key_order__customer__home__home_address" = q."customer__home_address",
  "_pos_order__shipping__region" = q."_pos_shipping__region",
  "_key_order__shipping__region__region_code" = q."shipping__region_code",
  "_pos_order__outlet__region" = q."_pos_outlet__region",
  "_key_order__outlet__region__region_code" = q."outlet__region_code",
  "_pos_order__customer__home__region" = q."_pos_customer__home__region",
  "_key_order__customer__home__region__region_code" = q."customer__home__region_code"
FROM "newest_patches_customer_order" AS q
WHERE "sales"."sales_lines"."order_id" = q."order_id" AND "sales"."sales_lines"."_pos_order" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_product" = q."_pos",
  "product_title" = q."product_title",
  "list_price" = q."list_price",
  "unit_weight" = q."unit_weight",
  "discontinued" = q."discontinued",
  "released_on" = q."released_on",
  "category_title" = q."category__category_title",
  "usual_margin" = q."category__usual_margin",
  "department_title" = q."category__department__department_title",
  "age_restricted" = q."category__department__age_restricted",
  "_pos_product__category" = q."_pos_category",
  "_key_product__category__category_id" = q."category_id",
  "_pos_product__category__department" = q."_pos_category__department",
  "_key_product__category__department__department_code" = q."category__department_code"
FROM "newest_patches_product" AS q
WHERE "sales"."sales_lines"."product_id" = q."product_id" AND "sales"."sales_lines"."_pos_product" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_order__customer" = q."_pos",
  "customer_name" = q."full_name",
  "telephone" = q."telephone",
  "born_on" = q."born_on",
  "wants_mail" = q."wants_mail",
  "credit_limit" = q."credit_limit",
  "home_region" = q."home__region__region_title",
  "_pos_order__customer__home" = q."_pos_home",
  "_key_order__customer__home__home_address" = q."home_address",
  "_pos_order__customer__home__region" = q."_pos_home__region",
  "_key_order__customer__home__region__region_code" = q."home__region_code"
FROM "newest_patches_customer" AS q
WHERE "sales"."sales_lines"."customer_number" = q."customer_number" AND "sales"."sales_lines"."_pos_order__customer" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_order__billing" = q."_pos",
  "billing_address" = CASE WHEN NOT q."_deleted" THEN q."address_id" END,
  "billing_street" = q."street_line",
  "billing_postcode" = q."postcode"
FROM "newest_patches_postal_address" AS q
WHERE "sales"."sales_lines"."_key_order__billing__billing_address" = q."address_id" AND "sales"."sales_lines"."_pos_order__billing" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_order__shipping" = q."_pos",
  "shipping_town" = q."town",
  "shipping_postcode" = q."postcode",
  "shipping_region" = q."region__region_title",
  "_pos_order__shipping__region" = q."_pos_region",
  "_key_order__shipping__region__region_code" = q."region_code"
FROM "newest_patches_postal_address" AS q
WHERE "sales"."sales_lines"."_key_order__shipping__shipping_address" = q."address_id" AND "sales"."sales_lines"."_pos_order__shipping" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_order__outlet" = q."_pos",
  "outlet_town" = q."outlet_town",
  "tax_rate" = q."region__tax_rate",
  "_pos_order__outlet__region" = q."_pos_region",
  "_key_order__outlet__region__region_code" = q."region_code"
FROM "newest_patches_outlet" AS q
WHERE "sales"."sales_lines"."outlet_id" = q."outlet_id" AND "sales"."sales_lines"."_pos_order__outlet" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_product__category" = q."_pos",
  "category_title" = q."category_title",
  "usual_margin" = q."usual_margin",
  "department_title" = q."department__department_title",
  "age_restricted" = q."department__age_restricted",
  "_pos_product__category__department" = q."_pos_department",
  "_key_product__category__department__department_code" = q."department_code"
FROM "newest_patches_product_category" AS q
WHERE "sales"."sales_lines"."_key_product__category__category_id" = q."category_id" AND "sales"."sales_lines"."_pos_product__category" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_order__customer__home" = q."_pos",
  "home_region" = q."region__region_title",
  "_pos_order__customer__home__region" = q."_pos_region",
  "_key_order__customer__home__region__region_code" = q."region_code"
FROM "newest_patches_postal_address" AS q
WHERE "sales"."sales_lines"."_key_order__customer__home__home_address" = q."address_id" AND "sales"."sales_lines"."_pos_order__customer__home" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_order__shipping__region" = q."_pos",
  "shipping_region" = q."region_title"
FROM "newest_patches_sales_region" AS q
WHERE "sales"."sales_lines"."_key_order__shipping__region__region_code" = q."region_code" AND "sales"."sales_lines"."_pos_order__shipping__region" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_order__outlet__region" = q."_pos",
  "tax_rate" = q."tax_rate"
FROM "newest_patches_sales_region" AS q
WHERE "sales"."sales_lines"."_key_order__outlet__region__region_code" = q."region_code" AND "sales"."sales_lines"."_pos_order__outlet__region" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_product__category__department" = q."_pos",
  "department_title" = q."department_title",
  "age_restricted" = q."age_restricted"
FROM "newest_patches_department" AS q
WHERE "sales"."sales_lines"."_key_product__category__department__department_code" = q."department_code" AND "sales"."sales_lines"."_pos_product__category__department" < q."_pos";

-- step 6, sales_lines
UPDATE "sales"."sales_lines" SET
  "_pos_order__customer__home__region" = q."_pos",
  "home_region" = q."region_title"
FROM "newest_patches_sales_region" AS q
WHERE "sales"."sales_lines"."_key_order__customer__home__region__region_code" = q."region_code" AND "sales"."sales_lines"."_pos_order__customer__home__region" < q."_pos";

-- step 6, supplier_lines
UPDATE "purchasing"."supplier_lines" SET
  "_pos_product" = q."_pos",
  "made_in" = q."made_in",
  "supplier_number" = q."maker__supplier_number",
  "supplier_title" = q."maker__supplier_title",
  "supplier_rating" = q."maker__supplier_rating",
  "product_rating" = q."product_rating",
  "department_code" = q."category__department__department_code",
  "_pos_product__category" = q."_pos_category",
  "_key_product__category__category_id" = q."category_id",
  "_pos_product__maker" = q."_pos_maker",
  "_key_product__maker__made_by" = q."made_by",
  "_pos_product__category__department" = q."_pos_category__department",
  "_key_product__category__department__department_code" = q."category__department_code"
FROM "newest_patches_product" AS q
WHERE "purchasing"."supplier_lines"."_key_product__product_id" = q."product_id" AND "purchasing"."supplier_lines"."_pos_product" < q."_pos";

-- step 6, supplier_lines
UPDATE "purchasing"."supplier_lines" SET
  "_pos_product__category" = q."_pos",
  "department_code" = q."department__department_code",
  "_pos_product__category__department" = q."_pos_department",
  "_key_product__category__department__department_code" = q."department_code"
FROM "newest_patches_product_category" AS q
WHERE "purchasing"."supplier_lines"."_key_product__category__category_id" = q."category_id" AND "purchasing"."supplier_lines"."_pos_product__category" < q."_pos";

-- step 6, supplier_lines
UPDATE "purchasing"."supplier_lines" SET
  "_pos_product__maker" = q."_pos",
  "supplier_number" = CASE WHEN NOT q."_deleted" THEN q."supplier_number" END,
  "supplier_title" = q."supplier_title",
  "supplier_rating" = q."supplier_rating"
FROM "newest_patches_supplier" AS q
WHERE "purchasing"."supplier_lines"."made_in" = q."supplier_country" AND "purchasing"."supplier_lines"."_key_product__maker__made_by" = q."supplier_number" AND "purchasing"."supplier_lines"."_pos_product__maker" < q."_pos";

-- step 6, supplier_lines
UPDATE "purchasing"."supplier_lines" SET
  "_pos_product__category__department" = q."_pos",
  "department_code" = CASE WHEN NOT q."_deleted" THEN q."department_code" END
FROM "newest_patches_department" AS q
WHERE "purchasing"."supplier_lines"."_key_product__category__department__department_code" = q."department_code" AND "purchasing"."supplier_lines"."_pos_product__category__department" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_order" = q."_pos",
  "ordered_at" = q."ordered_at",
  "ordered_by" = q."customer__customer_number",
  "orderer_wants_mail" = q."customer__wants_mail",
  "ordered_in" = q."outlet__region__region_title",
  "shipping_town" = q."shipping__town",
  "shipping_tax_rate" = q."shipping__region__tax_rate",
  "_pos_order__customer" = q."_pos_customer",
  "_key_order__customer__customer_number" = q."customer_number",
  "_pos_order__shipping" = q."_pos_shipping",
  "_key_order__shipping__shipping_address" = q."shipping_address",
  "_pos_order__outlet" = q."_pos_outlet",
  "_key_order__outlet__outlet_id" = q."outlet_id",
  "_pos_order__shipping__region" = q."_pos_shipping__region",
  "_key_order__shipping__region__region_code" = q."shipping__region_code",
  "_pos_order__outlet__region" = q."_pos_outlet__region",
  "_key_order__outlet__region__region_code" = q."outlet__region_code"
FROM "newest_patches_customer_order" AS q
WHERE "logistics"."deliveries"."order_id" = q."order_id" AND "logistics"."deliveries"."_pos_order" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_depot" = q."_pos",
  "depot_town" = q."outlet_town",
  "depot_region" = q."region_code",
  "depot_region_title" = q."region__region_title",
  "_pos_depot__region" = q."_pos_region"
FROM "newest_patches_outlet" AS q
WHERE "logistics"."deliveries"."_key_depot__depot_id" = q."outlet_id" AND "logistics"."deliveries"."_pos_depot" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_receiver" = q."_pos",
  "receiver_telephone" = q."telephone",
  "receiver_town" = q."home__town",
  "receiver_postcode" = q."home__postcode",
  "_pos_receiver__home" = q."_pos_home",
  "_key_receiver__home__home_address" = q."home_address"
FROM "newest_patches_customer" AS q
WHERE "logistics"."deliveries"."received_by" = q."customer_number" AND "logistics"."deliveries"."_pos_receiver" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_order__customer" = q."_pos",
  "ordered_by" = CASE WHEN NOT q."_deleted" THEN q."customer_number" END,
  "orderer_wants_mail" = q."wants_mail"
FROM "newest_patches_customer" AS q
WHERE "logistics"."deliveries"."_key_order__customer__customer_number" = q."customer_number" AND "logistics"."deliveries"."_pos_order__customer" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_order__shipping" = q."_pos",
  "shipping_town" = q."town",
  "shipping_tax_rate" = q."region__tax_rate",
  "_pos_order__shipping__region" = q."_pos_region",
  "_key_order__shipping__region__region_code" = q."region_code"
FROM "newest_patches_postal_address" AS q
WHERE "logistics"."deliveries"."_key_order__shipping__shipping_address" = q."address_id" AND "logistics"."deliveries"."_pos_order__shipping" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_order__outlet" = q."_pos",
  "ordered_in" = q."region__region_title",
  "_pos_order__outlet__region" = q."_pos_region",
  "_key_order__outlet__region__region_code" = q."region_code"
FROM "newest_patches_outlet" AS q
WHERE "logistics"."deliveries"."_key_order__outlet__outlet_id" = q."outlet_id" AND "logistics"."deliveries"."_pos_order__outlet" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_depot__region" = q."_pos",
  "depot_region_title" = q."region_title"
FROM "newest_patches_sales_region" AS q
WHERE "logistics"."deliveries"."depot_region" = q."region_code" AND "logistics"."deliveries"."_pos_depot__region" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_receiver__home" = q."_pos",
  "receiver_town" = q."town",
  "receiver_postcode" = q."postcode"
FROM "newest_patches_postal_address" AS q
WHERE "logistics"."deliveries"."_key_receiver__home__home_address" = q."address_id" AND "logistics"."deliveries"."_pos_receiver__home" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_order__shipping__region" = q."_pos",
  "shipping_tax_rate" = q."tax_rate"
FROM "newest_patches_sales_region" AS q
WHERE "logistics"."deliveries"."_key_order__shipping__region__region_code" = q."region_code" AND "logistics"."deliveries"."_pos_order__shipping__region" < q."_pos";

-- step 6, deliveries
UPDATE "logistics"."deliveries" SET
  "_pos_order__outlet__region" = q."_pos",
  "ordered_in" = q."region_title"
FROM "newest_patches_sales_region" AS q
WHERE "logistics"."deliveries"."_key_order__outlet__region__region_code" = q."region_code" AND "logistics"."deliveries"."_pos_order__outlet__region" < q."_pos";
