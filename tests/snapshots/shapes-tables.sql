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

CREATE SCHEMA IF NOT EXISTS "public";

CREATE SCHEMA IF NOT EXISTS "public";

CREATE TABLE IF NOT EXISTS "starjoin"."tombstones_clerks" (
  "clerk" INTEGER NOT NULL,
  "_pos" VARBYTE(22) NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL
) DISTKEY ("clerk") SORTKEY ("clerk");

CREATE TABLE "public"."clerks_base" (
  "clerk" INTEGER NOT NULL,
  "name" VARCHAR(40),
  "boss" VARCHAR(40),
  "top" VARCHAR(40),
  "head" VARCHAR(40),
  "_pos" VARBYTE(22),
  "_key_boss__boss" INTEGER,
  "_pos_boss" VARBYTE(22),
  "_key_unit__unit" INTEGER,
  "_pos_unit" VARBYTE(22),
  "_key_boss__boss__boss" INTEGER,
  "_pos_boss__boss" VARBYTE(22),
  "_key_unit__head__head" INTEGER,
  "_pos_unit__head" VARBYTE(22)
) DISTKEY ("clerk");

CREATE VIEW "public"."clerks" AS
SELECT "clerk", "name", "boss", "top", "head", CAST(CASE WHEN "name" IS NULL AND "boss" IS NULL AND "top" IS NULL THEN NULL ELSE SUBSTRING(COALESCE(CAST(' < ' AS VARCHAR(3)) || CAST("name" AS VARCHAR(40)), '') || COALESCE(CAST(' < ' AS VARCHAR(3)) || CAST("boss" AS VARCHAR(40)), '') || COALESCE(CAST(' < ' AS VARCHAR(3)) || CAST("top" AS VARCHAR(40)), ''), 4, 65535) END AS VARCHAR(126)) AS "chain", CAST(CASE WHEN "top" IS NULL THEN CAST(TRUE AS BOOLEAN) ELSE CAST(FALSE AS BOOLEAN) END AS BOOLEAN) AS "is_top"
FROM "public"."clerks_base"
WITH NO SCHEMA BINDING;

CREATE TABLE IF NOT EXISTS "starjoin"."tombstones_purchases" (
  "purchase" INTEGER NOT NULL,
  "_pos" VARBYTE(22) NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL
) DISTKEY ("purchase") SORTKEY ("purchase");

CREATE TABLE "public"."purchases_base" (
  "purchase" INTEGER NOT NULL,
  "note" VARCHAR(40),
  "clerk" VARCHAR(40),
  "_pos" VARBYTE(22),
  "_key_clerk__clerk" INTEGER,
  "_pos_clerk" VARBYTE(22)
) DISTKEY ("purchase");

CREATE VIEW "public"."purchases" AS
SELECT "purchase", "note", "clerk", CAST(CASE WHEN "note" IN ('paid', 'sent') THEN CAST('it''s done' AS VARCHAR(40)) ELSE CAST("note" AS VARCHAR(40)) END AS VARCHAR(40)) AS "state", CAST(CAST("purchase" AS BIGINT) + CAST(1 AS BIGINT) AS BIGINT) AS "next", CAST('the shop''s' AS VARCHAR(10)) AS "origin", CAST(2 AS BIGINT) AS "release", CAST(FALSE AS BOOLEAN) AS "is_final"
FROM "public"."purchases_base"
WITH NO SCHEMA BINDING;

CREATE TABLE IF NOT EXISTS "starjoin"."tombstones_lines" (
  "purchase" INTEGER NOT NULL,
  "line" SMALLINT NOT NULL,
  "_pos" VARBYTE(22) NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL
) DISTSTYLE AUTO SORTKEY ("purchase", "line");

CREATE TABLE "public"."lines_base" (
  "purchase" INTEGER NOT NULL,
  "line" SMALLINT NOT NULL,
  "goods" VARCHAR(40),
  "note" VARCHAR(40),
  "clerk" VARCHAR(40),
  "boss" VARCHAR(40),
  "_pos" VARBYTE(22),
  "_pos_purchase" VARBYTE(22),
  "_key_purchase__clerk__clerk" INTEGER,
  "_pos_purchase__clerk" VARBYTE(22),
  "_key_purchase__clerk__boss__boss" INTEGER,
  "_pos_purchase__clerk__boss" VARBYTE(22)
) DISTSTYLE AUTO;

CREATE VIEW "public"."lines" AS
SELECT "purchase", "line", "goods", "note", "clerk", "boss"
FROM "public"."lines_base"
WITH NO SCHEMA BINDING;
