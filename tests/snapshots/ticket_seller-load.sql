-- step 2, sport_event_activity
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
  "_pos" VARCHAR(44),
  "_pos_ticket" VARCHAR(44),
  "_pos_buyer" VARCHAR(44),
  "_pos_ticket__event" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("ticket_id");

-- step 2, sport_event_activity
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
  "_pos" VARCHAR(44),
  "_pos_ticket" VARCHAR(44),
  "_pos_buyer" VARCHAR(44),
  "_pos_ticket__event" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("ticket_id");

-- step 2, sport_event_activity
COPY "stage_rows_sport_event_activity" FROM 's3://staged/sport_event_activity-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, sport_event
CREATE TEMP TABLE "stage_patches_sport_event" (
  "event_id" INTEGER,
  "sport_type" VARCHAR(60),
  "start_date" DATE,
  "location" VARCHAR(200),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sport_event
CREATE TEMP TABLE "newest_patches_sport_event" (
  "event_id" INTEGER,
  "sport_type" VARCHAR(60),
  "start_date" DATE,
  "location" VARCHAR(200),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sport_event
COPY "stage_patches_sport_event" FROM 's3://staged/sport_event-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, ticket
CREATE TEMP TABLE "stage_patches_ticket" (
  "ticket_id" INTEGER,
  "event_id" INTEGER,
  "seat_level" VARCHAR(40),
  "seat_location" VARCHAR(40),
  "ticket_price" INTEGER,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_event" VARCHAR(44),
  "event__event_id" INTEGER,
  "event__sport_type" VARCHAR(60),
  "event__start_date" DATE,
  "event__location" VARCHAR(200)
) DISTSTYLE EVEN;

-- step 2, ticket
CREATE TEMP TABLE "newest_patches_ticket" (
  "ticket_id" INTEGER,
  "event_id" INTEGER,
  "seat_level" VARCHAR(40),
  "seat_location" VARCHAR(40),
  "ticket_price" INTEGER,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN,
  "_pos_event" VARCHAR(44),
  "event__event_id" INTEGER,
  "event__sport_type" VARCHAR(60),
  "event__start_date" DATE,
  "event__location" VARCHAR(200)
) DISTSTYLE EVEN;

-- step 2, ticket
COPY "stage_patches_ticket" FROM 's3://staged/ticket-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, customer
CREATE TEMP TABLE "stage_patches_customer" (
  "customer_id" INTEGER,
  "name" VARCHAR(200),
  "email_address" VARCHAR(64),
  "phone_number" VARCHAR(60),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, customer
CREATE TEMP TABLE "newest_patches_customer" (
  "customer_id" INTEGER,
  "name" VARCHAR(200),
  "email_address" VARCHAR(64),
  "phone_number" VARCHAR(60),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, customer
COPY "stage_patches_customer" FROM 's3://staged/customer-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 3, sport_event_activity
INSERT INTO "newest_rows_sport_event_activity" ("ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted")
SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted" FROM (
  SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted", ROW_NUMBER() OVER (PARTITION BY "ticket_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_rows_sport_event_activity"
) AS ranked WHERE _rank = 1;

-- step 4, sport_event_activity
DELETE FROM "newest_rows_sport_event_activity" USING "public"."sport_event_activity" AS t
WHERE "newest_rows_sport_event_activity"."ticket_id" = t."ticket_id" AND t."_pos" >= "newest_rows_sport_event_activity"."_pos";

-- step 4, sport_event_activity
DELETE FROM "newest_rows_sport_event_activity" USING "starjoin"."tombstones_sport_event_activity" AS b
WHERE "newest_rows_sport_event_activity"."ticket_id" = b."ticket_id" AND b."_pos" >= "newest_rows_sport_event_activity"."_pos";

-- step 5, sport_event_activity
DELETE FROM "public"."sport_event_activity" USING "newest_rows_sport_event_activity" AS n
WHERE "public"."sport_event_activity"."ticket_id" = n."ticket_id";

-- step 5, sport_event_activity
INSERT INTO "public"."sport_event_activity" ("ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event")
SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event" FROM "newest_rows_sport_event_activity" WHERE NOT "_deleted";

-- step 5, sport_event_activity
DELETE FROM "starjoin"."tombstones_sport_event_activity" USING "newest_rows_sport_event_activity" AS n
WHERE "starjoin"."tombstones_sport_event_activity"."ticket_id" = n."ticket_id";

-- step 5, sport_event_activity
INSERT INTO "starjoin"."tombstones_sport_event_activity" ("ticket_id", "_pos")
SELECT "ticket_id", "_pos" FROM "newest_rows_sport_event_activity" WHERE "_deleted";

-- step 6, sport_event
INSERT INTO "newest_patches_sport_event" ("event_id", "sport_type", "start_date", "location", "_pos", "_deleted")
SELECT "event_id", "sport_type", "start_date", "location", "_pos", "_deleted" FROM (
  SELECT "event_id", "sport_type", "start_date", "location", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "event_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sport_event"
) AS ranked WHERE _rank = 1;

-- step 6, ticket
INSERT INTO "newest_patches_ticket" ("ticket_id", "event_id", "seat_level", "seat_location", "ticket_price", "_pos", "_deleted", "_pos_event", "event__event_id", "event__sport_type", "event__start_date", "event__location")
SELECT "ticket_id", "event_id", "seat_level", "seat_location", "ticket_price", "_pos", "_deleted", "_pos_event", "event__event_id", "event__sport_type", "event__start_date", "event__location" FROM (
  SELECT "ticket_id", "event_id", "seat_level", "seat_location", "ticket_price", "_pos", "_deleted", "_pos_event", "event__event_id", "event__sport_type", "event__start_date", "event__location", ROW_NUMBER() OVER (PARTITION BY "ticket_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_ticket"
) AS ranked WHERE _rank = 1;

-- step 6, customer
INSERT INTO "newest_patches_customer" ("customer_id", "name", "email_address", "phone_number", "_pos", "_deleted")
SELECT "customer_id", "name", "email_address", "phone_number", "_pos", "_deleted" FROM (
  SELECT "customer_id", "name", "email_address", "phone_number", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "customer_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer"
) AS ranked WHERE _rank = 1;

-- step 6, sport_event_activity
UPDATE "public"."sport_event_activity" SET
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
WHERE "public"."sport_event_activity"."ticket_id" = q."ticket_id" AND "public"."sport_event_activity"."_pos_ticket" < q."_pos";

-- step 6, sport_event_activity
UPDATE "public"."sport_event_activity" SET
  "_pos_buyer" = q."_pos",
  "name" = q."name",
  "email_address" = q."email_address",
  "phone_number" = q."phone_number"
FROM "newest_patches_customer" AS q
WHERE "public"."sport_event_activity"."purchased_by" = q."customer_id" AND "public"."sport_event_activity"."_pos_buyer" < q."_pos";

-- step 6, sport_event_activity
UPDATE "public"."sport_event_activity" SET
  "_pos_ticket__event" = q."_pos",
  "sport_type" = q."sport_type",
  "start_date" = q."start_date",
  "location" = q."location"
FROM "newest_patches_sport_event" AS q
WHERE "public"."sport_event_activity"."event_id" = q."event_id" AND "public"."sport_event_activity"."_pos_ticket__event" < q."_pos";
