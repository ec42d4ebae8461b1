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

CREATE SCHEMA IF NOT EXISTS "public";

CREATE TABLE IF NOT EXISTS "starjoin"."tombstones_sales" (
  "sale" INTEGER NOT NULL,
  "_pos" VARBYTE(22) NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL
) DISTKEY ("sale") SORTKEY ("sale");

CREATE TABLE "public"."sales_base" (
  "sale" INTEGER NOT NULL,
  "note" VARCHAR(40),
  "title" VARCHAR(40),
  "hall" VARCHAR(40),
  "buyer" VARCHAR(64),
  "buyer_name" VARCHAR(40),
  "seller_name" VARCHAR(40),
  "place" VARCHAR(40),
  "_pos" VARBYTE(22),
  "_set_buyer" VARBYTE(22),
  "_set__key_event__event" VARBYTE(22),
  "_set__key_seller__seller" VARBYTE(22),
  "_set__key_place__country" VARBYTE(22),
  "_set__key_place__code" VARBYTE(22),
  "_key_event__event" INTEGER,
  "_pos_event" VARBYTE(88),
  "_pos_buyer" VARBYTE(44),
  "_key_seller__seller" VARCHAR(64),
  "_pos_seller" VARBYTE(44),
  "_key_place__country" VARCHAR(2),
  "_key_place__code" SMALLINT,
  "_pos_place" VARBYTE(44),
  "_key_event__venue__country" VARCHAR(2),
  "_key_event__venue__code" SMALLINT,
  "_pos_event__venue" VARBYTE(44)
) DISTKEY ("sale");

CREATE VIEW "public"."sales" AS
SELECT "sale", "note", "title", "hall", "buyer", "buyer_name", "seller_name", "place"
FROM "public"."sales_base"
WITH NO SCHEMA BINDING;
