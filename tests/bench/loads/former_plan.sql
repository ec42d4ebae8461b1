-- The load's statements for the ticket seller before one statement made the next versions of rows.
-- `build.py bench load` runs them beside the present ones; nothing else does.
--
-- From tests/snapshots/ticket_seller-load.sql of the commit before "Load: one statement makes the
-- next version of every row that a batch touches" (f547ee8). Its steps: 2 stages, 3 and 4 the newest
-- change of each key that is news to the target, 5 replaces rows and tombstones, 6 one UPDATE for
-- each path. Adapted since:
--   names of tables, the type of positions, manifests and the role are in braces; the specification
--   and the load fill them in. So it writes the target's base table, where it wrote the target's
--   table before targets were views, and has positions as bytes, which were text of 44 digits then:
--   no other statement had to change, since none writes a position as a literal;
--   each statement's first line says what has to be staged for it to be run;
--   the insert into tombstones gives them their time, a column that came later;
--   step 8 counts in the tables of this plan what the present load counts in its own.

-- step 2, sport_event_activity, from rows of sport_event_activity
CREATE TEMP TABLE "stage_rows_sport_event_activity" (
  "ticket_id" INTEGER,
  "event_id" INTEGER,
  "sport_type" VARCHAR(60),
  "start_date" DATE,
  "location" VARCHAR(200),
  "seat_level" VARCHAR(40),
  "seat_location" VARCHAR(40),
  "ticket_price" INTEGER,
  "purchased_by" INTEGER,
  "name" VARCHAR(200),
  "email_address" VARCHAR(64),
  "phone_number" VARCHAR(60),
  "created_at" TIMESTAMP,
  "updated_at" TIMESTAMP,
  "_pos" {position},
  "_pos_ticket" {position},
  "_pos_buyer" {position},
  "_pos_ticket__event" {position},
  "_deleted" BOOLEAN
) DISTKEY ("ticket_id");

-- step 2, sport_event_activity, from rows of sport_event_activity
CREATE TEMP TABLE "newest_rows_sport_event_activity" (
  "ticket_id" INTEGER,
  "event_id" INTEGER,
  "sport_type" VARCHAR(60),
  "start_date" DATE,
  "location" VARCHAR(200),
  "seat_level" VARCHAR(40),
  "seat_location" VARCHAR(40),
  "ticket_price" INTEGER,
  "purchased_by" INTEGER,
  "name" VARCHAR(200),
  "email_address" VARCHAR(64),
  "phone_number" VARCHAR(60),
  "created_at" TIMESTAMP,
  "updated_at" TIMESTAMP,
  "_pos" {position},
  "_pos_ticket" {position},
  "_pos_buyer" {position},
  "_pos_ticket__event" {position},
  "_deleted" BOOLEAN
) DISTKEY ("ticket_id");

-- step 2, sport_event_activity, from rows of sport_event_activity
COPY "stage_rows_sport_event_activity" FROM '{manifest}' IAM_ROLE {copy_role} FORMAT AS PARQUET MANIFEST;

-- step 2, sport_event, from patches of sport_event
CREATE TEMP TABLE "stage_patches_sport_event" (
  "event_id" INTEGER,
  "sport_type" VARCHAR(60),
  "start_date" DATE,
  "location" VARCHAR(200),
  "_pos" {position},
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sport_event, from patches of sport_event
CREATE TEMP TABLE "newest_patches_sport_event" (
  "event_id" INTEGER,
  "sport_type" VARCHAR(60),
  "start_date" DATE,
  "location" VARCHAR(200),
  "_pos" {position},
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sport_event, from patches of sport_event
COPY "stage_patches_sport_event" FROM '{manifest}' IAM_ROLE {copy_role} FORMAT AS PARQUET MANIFEST;

-- step 2, ticket, from patches of ticket
CREATE TEMP TABLE "stage_patches_ticket" (
  "ticket_id" INTEGER,
  "event_id" INTEGER,
  "seat_level" VARCHAR(40),
  "seat_location" VARCHAR(40),
  "ticket_price" INTEGER,
  "_pos" {position},
  "_deleted" BOOLEAN,
  "_pos_event" {position},
  "event__event_id" INTEGER,
  "event__sport_type" VARCHAR(60),
  "event__start_date" DATE,
  "event__location" VARCHAR(200)
) DISTSTYLE EVEN;

-- step 2, ticket, from patches of ticket
CREATE TEMP TABLE "newest_patches_ticket" (
  "ticket_id" INTEGER,
  "event_id" INTEGER,
  "seat_level" VARCHAR(40),
  "seat_location" VARCHAR(40),
  "ticket_price" INTEGER,
  "_pos" {position},
  "_deleted" BOOLEAN,
  "_pos_event" {position},
  "event__event_id" INTEGER,
  "event__sport_type" VARCHAR(60),
  "event__start_date" DATE,
  "event__location" VARCHAR(200)
) DISTSTYLE EVEN;

-- step 2, ticket, from patches of ticket
COPY "stage_patches_ticket" FROM '{manifest}' IAM_ROLE {copy_role} FORMAT AS PARQUET MANIFEST;

-- step 2, customer, from patches of customer
CREATE TEMP TABLE "stage_patches_customer" (
  "customer_id" INTEGER,
  "name" VARCHAR(200),
  "email_address" VARCHAR(64),
  "phone_number" VARCHAR(60),
  "_pos" {position},
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, customer, from patches of customer
CREATE TEMP TABLE "newest_patches_customer" (
  "customer_id" INTEGER,
  "name" VARCHAR(200),
  "email_address" VARCHAR(64),
  "phone_number" VARCHAR(60),
  "_pos" {position},
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, customer, from patches of customer
COPY "stage_patches_customer" FROM '{manifest}' IAM_ROLE {copy_role} FORMAT AS PARQUET MANIFEST;

-- step 3, sport_event_activity, from rows of sport_event_activity
INSERT INTO "newest_rows_sport_event_activity" ("ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted")
SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted" FROM (
  SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted", ROW_NUMBER() OVER (PARTITION BY "ticket_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_rows_sport_event_activity"
) AS ranked WHERE _rank = 1;

-- step 4, sport_event_activity, from rows of sport_event_activity
DELETE FROM "newest_rows_sport_event_activity" USING {target} AS t
WHERE "newest_rows_sport_event_activity"."ticket_id" = t."ticket_id" AND t."_pos" >= "newest_rows_sport_event_activity"."_pos";

-- step 4, sport_event_activity, from rows of sport_event_activity
DELETE FROM "newest_rows_sport_event_activity" USING {tombstones} AS b
WHERE "newest_rows_sport_event_activity"."ticket_id" = b."ticket_id" AND b."_pos" >= "newest_rows_sport_event_activity"."_pos";

-- step 5, sport_event_activity, from rows of sport_event_activity
DELETE FROM {target} USING "newest_rows_sport_event_activity" AS n
WHERE {target}."ticket_id" = n."ticket_id";

-- step 5, sport_event_activity, from rows of sport_event_activity
INSERT INTO {target} ("ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event")
SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event" FROM "newest_rows_sport_event_activity" WHERE NOT "_deleted";

-- step 5, sport_event_activity, from rows of sport_event_activity
DELETE FROM {tombstones} USING "newest_rows_sport_event_activity" AS n
WHERE {tombstones}."ticket_id" = n."ticket_id";

-- step 5, sport_event_activity, from rows of sport_event_activity
INSERT INTO {tombstones} ("ticket_id", "_pos", "_loaded_at")
SELECT "ticket_id", "_pos", GETDATE() FROM "newest_rows_sport_event_activity" WHERE "_deleted";

-- step 6, sport_event, from patches of sport_event
INSERT INTO "newest_patches_sport_event" ("event_id", "sport_type", "start_date", "location", "_pos", "_deleted")
SELECT "event_id", "sport_type", "start_date", "location", "_pos", "_deleted" FROM (
  SELECT "event_id", "sport_type", "start_date", "location", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "event_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sport_event"
) AS ranked WHERE _rank = 1;

-- step 6, ticket, from patches of ticket
INSERT INTO "newest_patches_ticket" ("ticket_id", "event_id", "seat_level", "seat_location", "ticket_price", "_pos", "_deleted", "_pos_event", "event__event_id", "event__sport_type", "event__start_date", "event__location")
SELECT "ticket_id", "event_id", "seat_level", "seat_location", "ticket_price", "_pos", "_deleted", "_pos_event", "event__event_id", "event__sport_type", "event__start_date", "event__location" FROM (
  SELECT "ticket_id", "event_id", "seat_level", "seat_location", "ticket_price", "_pos", "_deleted", "_pos_event", "event__event_id", "event__sport_type", "event__start_date", "event__location", ROW_NUMBER() OVER (PARTITION BY "ticket_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_ticket"
) AS ranked WHERE _rank = 1;

-- step 6, customer, from patches of customer
INSERT INTO "newest_patches_customer" ("customer_id", "name", "email_address", "phone_number", "_pos", "_deleted")
SELECT "customer_id", "name", "email_address", "phone_number", "_pos", "_deleted" FROM (
  SELECT "customer_id", "name", "email_address", "phone_number", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "customer_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer"
) AS ranked WHERE _rank = 1;

-- step 6, sport_event_activity, from patches of ticket
UPDATE {target} SET
  "_pos_ticket" = q."_pos",
  "event_id" = q."event_id",
  "sport_type" = q."event__sport_type",
  "start_date" = q."event__start_date",
  "location" = q."event__location",
  "seat_level" = q."seat_level",
  "seat_location" = q."seat_location",
  "ticket_price" = q."ticket_price",
  "_pos_ticket__event" = q."_pos_event"
FROM "newest_patches_ticket" AS q
WHERE {target}."ticket_id" = q."ticket_id" AND {target}."_pos_ticket" < q."_pos";

-- step 6, sport_event_activity, from patches of customer
UPDATE {target} SET
  "_pos_buyer" = q."_pos",
  "name" = q."name",
  "email_address" = q."email_address",
  "phone_number" = q."phone_number"
FROM "newest_patches_customer" AS q
WHERE {target}."purchased_by" = q."customer_id" AND {target}."_pos_buyer" < q."_pos";

-- step 6, sport_event_activity, from patches of sport_event
UPDATE {target} SET
  "_pos_ticket__event" = q."_pos",
  "sport_type" = q."sport_type",
  "start_date" = q."start_date",
  "location" = q."location"
FROM "newest_patches_sport_event" AS q
WHERE {target}."event_id" = q."event_id" AND {target}."_pos_ticket__event" < q."_pos";

-- step 8, sport_event_activity, from rows of sport_event_activity
SELECT 0 AS table_number, COUNT(*) AS row_count FROM "stage_rows_sport_event_activity"
UNION ALL SELECT 1 AS table_number, COUNT(*) AS row_count FROM "newest_rows_sport_event_activity"
UNION ALL SELECT 2 AS table_number, COUNT(*) AS row_count FROM (SELECT DISTINCT "ticket_id" FROM "stage_rows_sport_event_activity") AS staged_keys;
