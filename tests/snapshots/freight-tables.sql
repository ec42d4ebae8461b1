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

CREATE SCHEMA IF NOT EXISTS "reports";

CREATE SCHEMA IF NOT EXISTS "public";

CREATE TABLE IF NOT EXISTS "starjoin"."tombstones_consignment_report" (
  "voyage" INTEGER NOT NULL,
  "line" SMALLINT NOT NULL,
  "_pos" VARBYTE(22) NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL
) DISTKEY ("voyage") SORTKEY ("voyage", "line");

CREATE TABLE "reports"."consignment_report_base" (
  "voyage" INTEGER NOT NULL,
  "line" SMALLINT NOT NULL,
  "sender_id" BIGINT,
  "sender_name" VARCHAR(60),
  "sender_region" VARCHAR(40),
  "sender_number" VARCHAR(64),
  "receiver" BIGINT,
  "receiver_name" VARCHAR(60),
  "receiver_harbour" VARCHAR(40),
  "origin_depth" DECIMAL(38,10),
  "origin_surveyed" DATE,
  "origin_country" VARCHAR(2),
  "origin_region" VARCHAR(40),
  "weight" DOUBLE PRECISION,
  "fee" DECIMAL(12,2),
  "insured" BOOLEAN,
  "loaded_at" TIMESTAMP,
  "_pos" VARBYTE(22),
  "_key_sender_company__sender" BIGINT,
  "_pos_sender_company" VARBYTE(22),
  "_pos_receiver_company" VARBYTE(22),
  "_key_origin_port__origin" INTEGER,
  "_pos_origin_port" VARBYTE(22),
  "_key_sender_company__home_port__home" INTEGER,
  "_pos_sender_company__home_port" VARBYTE(22),
  "_pos_sender_company__entry" VARBYTE(22),
  "_key_receiver_company__home_port__home" INTEGER,
  "_pos_receiver_company__home_port" VARBYTE(22),
  "_key_origin_port__region__region_code" VARCHAR(8),
  "_pos_origin_port__region" VARBYTE(22),
  "_key_sender_company__home_port__region__country" VARCHAR(2),
  "_key_sender_company__home_port__region__region_code" VARCHAR(8),
  "_pos_sender_company__home_port__region" VARBYTE(22)
) DISTKEY ("voyage") SORTKEY ("loaded_at", "voyage");

CREATE VIEW "reports"."consignment_report" AS
SELECT "voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at"
FROM "reports"."consignment_report_base"
WITH NO SCHEMA BINDING;

CREATE TABLE IF NOT EXISTS "starjoin"."tombstones_sender_report" (
  "consignment_line" SMALLINT NOT NULL,
  "consignment_voyage" INTEGER NOT NULL,
  "_pos" VARBYTE(22) NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL
) DISTSTYLE AUTO SORTKEY ("consignment_voyage", "consignment_line");

CREATE TABLE "public"."sender_report_base" (
  "consignment_line" SMALLINT NOT NULL,
  "consignment_voyage" INTEGER NOT NULL,
  "sender" BIGINT,
  "verified" BOOLEAN,
  "_pos" VARBYTE(22),
  "_pos_sender_company" VARBYTE(22),
  "_key_sender_company__entry__company_id" BIGINT,
  "_pos_sender_company__entry" VARBYTE(22)
) DISTSTYLE AUTO;

CREATE VIEW "public"."sender_report" AS
SELECT "consignment_line", "consignment_voyage", "sender", "verified"
FROM "public"."sender_report_base"
WITH NO SCHEMA BINDING;
