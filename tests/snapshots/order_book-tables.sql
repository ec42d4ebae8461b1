CREATE SCHEMA IF NOT EXISTS "starjoin";

CREATE TABLE IF NOT EXISTS "starjoin".load_lock (
  always_empty SMALLINT
) DISTSTYLE ALL;

CREATE TABLE IF NOT EXISTS "starjoin".ledger (
  part VARCHAR(64) NOT NULL,
  batch VARCHAR(64) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  stream VARCHAR(128) NOT NULL,
  epoch BIGINT NOT NULL,
  row_count BIGINT NOT NULL,
  byte_count BIGINT NOT NULL,
  url VARCHAR(1024) NOT NULL,
  loaded_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (part);

CREATE TABLE IF NOT EXISTS "starjoin".fence (
  application VARCHAR(128) NOT NULL,
  start_number BIGINT NOT NULL,
  taken_at TIMESTAMP NOT NULL
) DISTSTYLE ALL;

CREATE TABLE IF NOT EXISTS "starjoin".floor (
  table_name VARCHAR(128) NOT NULL,
  generation INTEGER NOT NULL,
  raised_at TIMESTAMP NOT NULL
) DISTSTYLE ALL;

CREATE TABLE IF NOT EXISTS "starjoin".value_key (
  key_id VARCHAR(64) NOT NULL,
  since TIMESTAMP NOT NULL
) DISTSTYLE ALL;

CREATE TABLE IF NOT EXISTS "starjoin".account (
  batch VARCHAR(64) NOT NULL,
  stream VARCHAR(128) NOT NULL,
  shard VARCHAR(128) NOT NULL,
  table_name VARCHAR(128) NOT NULL,
  first_sequence_number VARCHAR(129) NOT NULL,
  last_sequence_number VARCHAR(129) NOT NULL,
  records_read BIGINT NOT NULL,
  split BIGINT NOT NULL,
  dead_lettered BIGINT NOT NULL,
  passed_over BIGINT NOT NULL,
  below_floor BIGINT NOT NULL,
  last_arrival_ms BIGINT,
  loaded_at TIMESTAMP NOT NULL,
  log_generation INTEGER,
  log_position VARCHAR(64),
  log_committed BIGINT,
  log_name VARCHAR(512),
  first_committed BIGINT,
  last_committed BIGINT,
  commit_lag_ms BIGINT
) DISTSTYLE ALL SORTKEY (loaded_at);

CREATE TABLE IF NOT EXISTS "starjoin".outcome (
  batch VARCHAR(64) NOT NULL,
  table_name VARCHAR(128) NOT NULL,
  destination VARCHAR(128) NOT NULL,
  loaded BIGINT NOT NULL,
  superseded BIGINT NOT NULL,
  loaded_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (loaded_at);

CREATE TABLE IF NOT EXISTS "starjoin".gap (
  batch VARCHAR(64) NOT NULL,
  application VARCHAR(128) NOT NULL,
  stream VARCHAR(128) NOT NULL,
  shard VARCHAR(128) NOT NULL,
  last_sequence_number VARCHAR(129),
  first_sequence_number VARCHAR(129),
  read_until TIMESTAMP,
  first_arrival TIMESTAMP,
  cause VARCHAR(1024) NOT NULL,
  loaded_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (loaded_at);

CREATE TABLE IF NOT EXISTS "starjoin".cut (
  cut_number BIGINT NOT NULL,
  batch VARCHAR(64) NOT NULL,
  start_number BIGINT NOT NULL,
  stream VARCHAR(128) NOT NULL,
  shard VARCHAR(128) NOT NULL,
  first_sequence_number VARCHAR(129),
  last_sequence_number VARCHAR(129),
  last_position VARCHAR(64),
  last_committed TIMESTAMP,
  last_arrival TIMESTAMP,
  commit_lag_ms BIGINT,
  read_until TIMESTAMP,
  ended BOOLEAN NOT NULL,
  replaying BOOLEAN NOT NULL,
  first_hash_key VARCHAR(39),
  last_hash_key VARCHAR(39),
  complete_until TIMESTAMP,
  evidence VARCHAR(32) NOT NULL,
  loaded_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (cut_number);

CREATE TABLE IF NOT EXISTS "starjoin".replayed (
  stream VARCHAR(128) NOT NULL,
  shard VARCHAR(128) NOT NULL,
  sequence_number VARCHAR(129) NOT NULL,
  new_shard VARCHAR(128) NOT NULL,
  new_sequence_number VARCHAR(129) NOT NULL,
  replayed_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (replayed_at);

CREATE TABLE IF NOT EXISTS "starjoin".schema_version (
  version INTEGER NOT NULL,
  release VARCHAR(32) NOT NULL,
  migrated_at TIMESTAMP NOT NULL
) DISTSTYLE ALL;

CREATE SCHEMA IF NOT EXISTS "sales";

CREATE SCHEMA IF NOT EXISTS "purchasing";

CREATE SCHEMA IF NOT EXISTS "logistics";

CREATE TABLE IF NOT EXISTS "starjoin"."tombstones_sales_lines" (
  "order_id" BIGINT NOT NULL,
  "line_number" SMALLINT NOT NULL,
  "_pos" VARBYTE(22) NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL
) DISTKEY ("order_id") SORTKEY ("order_id", "line_number");

CREATE TABLE "sales"."sales_lines_base" (
  "order_id" BIGINT NOT NULL,
  "line_number" SMALLINT NOT NULL,
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
  "_pos_order__customer__home__region" VARBYTE(22)
) DISTKEY ("order_id") SORTKEY ("ordered_at", "order_id");

CREATE VIEW "sales"."sales_lines" AS
SELECT "order_id", "line_number", "quantity", "unit_price", "discount", "gift_wrapped", "changed_at", "product_id", "product_title", "list_price", "unit_weight", "discontinued", "released_on", "category_title", "usual_margin", "department_title", "age_restricted", "ordered_at", "is_urgent", "customer_number", "customer_name", "telephone", "born_on", "wants_mail", "credit_limit", "home_region", "billing_address", "billing_street", "billing_postcode", "shipping_town", "shipping_postcode", "shipping_region", "outlet_id", "outlet_town", "tax_rate"
FROM "sales"."sales_lines_base"
WITH NO SCHEMA BINDING;

CREATE TABLE IF NOT EXISTS "starjoin"."tombstones_supplier_lines" (
  "line_in_order" SMALLINT NOT NULL,
  "sold_in_order" BIGINT NOT NULL,
  "_pos" VARBYTE(22) NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL
) DISTSTYLE AUTO SORTKEY ("sold_in_order", "line_in_order");

CREATE TABLE "purchasing"."supplier_lines_base" (
  "line_in_order" SMALLINT NOT NULL,
  "sold_in_order" BIGINT NOT NULL,
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
  "_pos_product__category__department" VARBYTE(22)
) DISTSTYLE AUTO;

CREATE VIEW "purchasing"."supplier_lines" AS
SELECT "line_in_order", "sold_in_order", "sold", "made_in", "supplier_number", "supplier_title", "supplier_rating", "product_rating", "department_code"
FROM "purchasing"."supplier_lines_base"
WITH NO SCHEMA BINDING;

CREATE TABLE IF NOT EXISTS "starjoin"."tombstones_deliveries" (
  "shipment_number" VARCHAR(20) NOT NULL,
  "_pos" VARBYTE(22) NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL
) DISTKEY ("shipment_number") SORTKEY ("shipment_number");

CREATE TABLE "logistics"."deliveries_base" (
  "shipment_number" VARCHAR(20) NOT NULL,
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
  "_pos_order__outlet__region" VARBYTE(22)
) DISTKEY ("shipment_number") SORTKEY ("shipped_at");

CREATE VIEW "logistics"."deliveries" AS
SELECT "shipment_number", "order_id", "ordered_at", "ordered_by", "orderer_wants_mail", "ordered_in", "shipping_town", "shipping_tax_rate", "depot_town", "depot_region", "depot_region_title", "received_by", "receiver_telephone", "receiver_town", "receiver_postcode", "gross_weight", "freight_cost", "is_insured", "shipped_at", "delivered_on"
FROM "logistics"."deliveries_base"
WITH NO SCHEMA BINDING;
