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
  "_pos" VARBYTE(22),
  "_pos_ticket" VARBYTE(22),
  "_pos_buyer" VARBYTE(22),
  "_pos_ticket__event" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTKEY ("ticket_id");

-- step 2, sport_event_activity
COPY "stage_rows_sport_event_activity" FROM 's3://staged/sport_event_activity-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, sport_event
CREATE TEMP TABLE "stage_patches_sport_event" (
  "event_id" INTEGER,
  "sport_type" VARCHAR(60),
  "start_date" DATE,
  "location" VARCHAR(200),
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sport_event
COPY "stage_patches_sport_event" FROM 's3://staged/sport_event-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, ticket
CREATE TEMP TABLE "stage_patches_ticket" (
  "ticket_id" INTEGER,
  "event_id" INTEGER,
  "seat_level" VARCHAR(40),
  "seat_location" VARCHAR(40),
  "ticket_price" INTEGER,
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_event" VARBYTE(22),
  "event__event_id" INTEGER,
  "event__sport_type" VARCHAR(60),
  "event__start_date" DATE,
  "event__location" VARCHAR(200)
) DISTSTYLE EVEN;

-- step 2, ticket
COPY "stage_patches_ticket" FROM 's3://staged/ticket-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, customer
CREATE TEMP TABLE "stage_patches_customer" (
  "customer_id" INTEGER,
  "name" VARCHAR(200),
  "email_address" VARCHAR(64),
  "phone_number" VARCHAR(60),
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, customer
COPY "stage_patches_customer" FROM 's3://staged/customer-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 5, sport_event_activity
CREATE TEMP TABLE "next_rows_sport_event_activity" DISTKEY ("ticket_id") AS
SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted", "_staged"
FROM (
  SELECT
    r."ticket_id",
    r."event_id",
    CASE WHEN q2."event_id" IS NOT NULL THEN q2."sport_type" ELSE r."sport_type" END AS "sport_type",
    CASE WHEN q2."event_id" IS NOT NULL THEN q2."start_date" ELSE r."start_date" END AS "start_date",
    CASE WHEN q2."event_id" IS NOT NULL THEN q2."location" ELSE r."location" END AS "location",
    r."seat_level",
    r."seat_location",
    r."ticket_price",
    r."purchased_by",
    r."name",
    r."email_address",
    r."phone_number",
    r."created_at",
    r."updated_at",
    r."_pos",
    r."_pos_ticket",
    r."_pos_buyer",
    CASE WHEN q2."event_id" IS NOT NULL THEN q2."_pos" ELSE r."_pos_ticket__event" END AS "_pos_ticket__event",
    r."_deleted", r."_staged",
    CASE WHEN q2."event_id" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
  FROM (
    SELECT
      r."ticket_id",
      CASE WHEN q0."ticket_id" IS NOT NULL THEN q0."event_id" ELSE r."event_id" END AS "event_id",
      CASE WHEN q0."ticket_id" IS NOT NULL THEN q0."event__sport_type" ELSE r."sport_type" END AS "sport_type",
      CASE WHEN q0."ticket_id" IS NOT NULL THEN q0."event__start_date" ELSE r."start_date" END AS "start_date",
      CASE WHEN q0."ticket_id" IS NOT NULL THEN q0."event__location" ELSE r."location" END AS "location",
      CASE WHEN q0."ticket_id" IS NOT NULL THEN q0."seat_level" ELSE r."seat_level" END AS "seat_level",
      CASE WHEN q0."ticket_id" IS NOT NULL THEN q0."seat_location" ELSE r."seat_location" END AS "seat_location",
      CASE WHEN q0."ticket_id" IS NOT NULL THEN q0."ticket_price" ELSE r."ticket_price" END AS "ticket_price",
      r."purchased_by",
      CASE WHEN q1."customer_id" IS NOT NULL THEN q1."name" ELSE r."name" END AS "name",
      CASE WHEN q1."customer_id" IS NOT NULL THEN q1."email_address" ELSE r."email_address" END AS "email_address",
      CASE WHEN q1."customer_id" IS NOT NULL THEN q1."phone_number" ELSE r."phone_number" END AS "phone_number",
      r."created_at",
      r."updated_at",
      r."_pos",
      CASE WHEN q0."ticket_id" IS NOT NULL THEN q0."_pos" ELSE r."_pos_ticket" END AS "_pos_ticket",
      CASE WHEN q1."customer_id" IS NOT NULL THEN q1."_pos" ELSE r."_pos_buyer" END AS "_pos_buyer",
      CASE WHEN q0."ticket_id" IS NOT NULL THEN q0."_pos_event" ELSE r."_pos_ticket__event" END AS "_pos_ticket__event",
      r."_deleted", r."_staged",
      CASE WHEN q0."ticket_id" IS NOT NULL OR q1."customer_id" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
    FROM (
      SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted", "_staged", "_changed"
      FROM (
        SELECT pool."ticket_id", pool."event_id", pool."sport_type", pool."start_date", pool."location", pool."seat_level", pool."seat_location", pool."ticket_price", pool."purchased_by", pool."name", pool."email_address", pool."phone_number", pool."created_at", pool."updated_at", pool."_pos", pool."_pos_ticket", pool."_pos_buyer", pool."_pos_ticket__event", pool."_deleted", pool."_staged", 0 AS "_changed",
          ROW_NUMBER() OVER (PARTITION BY pool."ticket_id" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
        FROM (
          SELECT t."ticket_id", t."event_id", t."sport_type", t."start_date", t."location", t."seat_level", t."seat_location", t."ticket_price", t."purchased_by", t."name", t."email_address", t."phone_number", t."created_at", t."updated_at", t."_pos", t."_pos_ticket", t."_pos_buyer", t."_pos_ticket__event", FALSE AS "_deleted", 0 AS "_staged"
          FROM "public"."sport_event_activity_base" AS t
          JOIN (
            SELECT t."ticket_id"
            FROM "public"."sport_event_activity_base" AS t
            LEFT JOIN (SELECT DISTINCT "ticket_id" FROM "stage_rows_sport_event_activity") AS s ON t."ticket_id" = s."ticket_id"
            LEFT JOIN (SELECT "ticket_id", MAX("_pos") AS "_pos" FROM "stage_patches_ticket" GROUP BY "ticket_id") AS c0
              ON t."ticket_id" = c0."ticket_id" AND t."_pos_ticket" < c0."_pos"
            LEFT JOIN (SELECT "customer_id", MAX("_pos") AS "_pos" FROM "stage_patches_customer" GROUP BY "customer_id") AS c1
              ON t."purchased_by" = c1."customer_id" AND t."_pos_buyer" < c1."_pos"
            LEFT JOIN (SELECT "event_id", MAX("_pos") AS "_pos" FROM "stage_patches_sport_event" GROUP BY "event_id") AS c2
              ON t."event_id" = c2."event_id" AND t."_pos_ticket__event" < c2."_pos"
            WHERE s."ticket_id" IS NOT NULL OR c0."ticket_id" IS NOT NULL OR c1."customer_id" IS NOT NULL OR c2."event_id" IS NOT NULL
          ) AS touched ON t."ticket_id" = touched."ticket_id"
          UNION ALL
          SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted", 1 AS "_staged"
          FROM "stage_rows_sport_event_activity"
          UNION ALL
          SELECT b."ticket_id", NULL AS "event_id", NULL AS "sport_type", NULL AS "start_date", NULL AS "location", NULL AS "seat_level", NULL AS "seat_location", NULL AS "ticket_price", NULL AS "purchased_by", NULL AS "name", NULL AS "email_address", NULL AS "phone_number", NULL AS "created_at", NULL AS "updated_at", b."_pos", NULL AS "_pos_ticket", NULL AS "_pos_buyer", NULL AS "_pos_ticket__event", TRUE AS "_deleted", 0 AS "_staged"
          FROM "starjoin"."tombstones_sport_event_activity" AS b
          JOIN (SELECT DISTINCT "ticket_id" FROM "stage_rows_sport_event_activity") AS s ON b."ticket_id" = s."ticket_id"
        ) AS pool
      ) AS ranked WHERE _rank = 1
    ) AS r
    LEFT JOIN (
      SELECT "ticket_id", "_pos", "_deleted", "event_id", "event__sport_type", "event__start_date", "event__location", "seat_level", "seat_location", "ticket_price", "_pos_event" FROM (
        SELECT "ticket_id", "_pos", "_deleted", "event_id", "event__sport_type", "event__start_date", "event__location", "seat_level", "seat_location", "ticket_price", "_pos_event", ROW_NUMBER() OVER (PARTITION BY "ticket_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_ticket"
      ) AS numbered WHERE _rank = 1
    ) AS q0
      ON r."ticket_id" = q0."ticket_id" AND r."_pos_ticket" < q0."_pos"
    LEFT JOIN (
      SELECT "customer_id", "_pos", "_deleted", "name", "email_address", "phone_number" FROM (
        SELECT "customer_id", "_pos", "_deleted", "name", "email_address", "phone_number", ROW_NUMBER() OVER (PARTITION BY "customer_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_customer"
      ) AS numbered WHERE _rank = 1
    ) AS q1
      ON r."purchased_by" = q1."customer_id" AND r."_pos_buyer" < q1."_pos"
  ) AS r
  LEFT JOIN (
    SELECT "event_id", "_pos", "_deleted", "sport_type", "start_date", "location" FROM (
      SELECT "event_id", "_pos", "_deleted", "sport_type", "start_date", "location", ROW_NUMBER() OVER (PARTITION BY "event_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_sport_event"
    ) AS numbered WHERE _rank = 1
  ) AS q2
    ON r."event_id" = q2."event_id" AND r."_pos_ticket__event" < q2."_pos"
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, sport_event_activity
DELETE FROM "public"."sport_event_activity_base" USING "next_rows_sport_event_activity" AS n
WHERE "public"."sport_event_activity_base"."ticket_id" = n."ticket_id";

-- step 6, sport_event_activity
INSERT INTO "public"."sport_event_activity_base" ("ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event")
SELECT n."ticket_id", n."event_id", n."sport_type", n."start_date", n."location", n."seat_level", n."seat_location", n."ticket_price", n."purchased_by", n."name", n."email_address", n."phone_number", n."created_at", n."updated_at", n."_pos", n."_pos_ticket", n."_pos_buyer", n."_pos_ticket__event" FROM "next_rows_sport_event_activity" AS n WHERE NOT n."_deleted";

-- step 7, sport_event_activity
DELETE FROM "starjoin"."tombstones_sport_event_activity" USING "next_rows_sport_event_activity" AS n
WHERE "starjoin"."tombstones_sport_event_activity"."ticket_id" = n."ticket_id";

-- step 7, sport_event_activity
INSERT INTO "starjoin"."tombstones_sport_event_activity" ("ticket_id", "_pos", "_loaded_at")
SELECT "ticket_id", "_pos", GETDATE() FROM "next_rows_sport_event_activity" WHERE "_deleted";
