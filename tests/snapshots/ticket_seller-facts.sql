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
COPY "stage_rows_sport_event_activity" FROM 's3://staged/sport_event_activity' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, the range of staged keys
SELECT 0 AS target_number, MIN("ticket_id") AS least, MAX("ticket_id") AS greatest FROM "stage_rows_sport_event_activity";

-- step 5, sport_event_activity
CREATE TEMP TABLE "next_rows_sport_event_activity" DISTKEY ("ticket_id") AS
SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted", "_staged"
FROM (
  SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted", "_staged", "_changed"
  FROM (
    SELECT pool."ticket_id", pool."event_id", pool."sport_type", pool."start_date", pool."location", pool."seat_level", pool."seat_location", pool."ticket_price", pool."purchased_by", pool."name", pool."email_address", pool."phone_number", pool."created_at", pool."updated_at", pool."_pos", pool."_pos_ticket", pool."_pos_buyer", pool."_pos_ticket__event", pool."_deleted", pool."_staged", 0 AS "_changed",
      ROW_NUMBER() OVER (PARTITION BY pool."ticket_id" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
    FROM (
      SELECT t."ticket_id", t."event_id", t."sport_type", t."start_date", t."location", t."seat_level", t."seat_location", t."ticket_price", t."purchased_by", t."name", t."email_address", t."phone_number", t."created_at", t."updated_at", t."_pos", t."_pos_ticket", t."_pos_buyer", t."_pos_ticket__event", FALSE AS "_deleted", 0 AS "_staged"
      FROM "public"."sport_event_activity_base" AS t
      JOIN (SELECT DISTINCT "ticket_id" FROM "stage_rows_sport_event_activity") AS touched ON t."ticket_id" = touched."ticket_id" AND t."ticket_id" BETWEEN 1 AND 1000
      UNION ALL
      SELECT "ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event", "_deleted", 1 AS "_staged"
      FROM "stage_rows_sport_event_activity"
      UNION ALL
      SELECT b."ticket_id", NULL AS "event_id", NULL AS "sport_type", NULL AS "start_date", NULL AS "location", NULL AS "seat_level", NULL AS "seat_location", NULL AS "ticket_price", NULL AS "purchased_by", NULL AS "name", NULL AS "email_address", NULL AS "phone_number", NULL AS "created_at", NULL AS "updated_at", b."_pos", NULL AS "_pos_ticket", NULL AS "_pos_buyer", NULL AS "_pos_ticket__event", TRUE AS "_deleted", 0 AS "_staged"
      FROM "starjoin"."tombstones_sport_event_activity" AS b
      JOIN (SELECT DISTINCT "ticket_id" FROM "stage_rows_sport_event_activity") AS s ON b."ticket_id" = s."ticket_id" AND b."ticket_id" BETWEEN 1 AND 1000
    ) AS pool
  ) AS ranked WHERE _rank = 1
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, sport_event_activity
DELETE FROM "public"."sport_event_activity_base" USING "next_rows_sport_event_activity" AS n
WHERE "public"."sport_event_activity_base"."ticket_id" = n."ticket_id" AND "public"."sport_event_activity_base"."ticket_id" BETWEEN 1 AND 1000;

-- step 6, sport_event_activity
INSERT INTO "public"."sport_event_activity_base" ("ticket_id", "event_id", "sport_type", "start_date", "location", "seat_level", "seat_location", "ticket_price", "purchased_by", "name", "email_address", "phone_number", "created_at", "updated_at", "_pos", "_pos_ticket", "_pos_buyer", "_pos_ticket__event")
SELECT n."ticket_id", n."event_id", n."sport_type", n."start_date", n."location", n."seat_level", n."seat_location", n."ticket_price", n."purchased_by", n."name", n."email_address", n."phone_number", n."created_at", n."updated_at", n."_pos", n."_pos_ticket", n."_pos_buyer", n."_pos_ticket__event" FROM "next_rows_sport_event_activity" AS n WHERE NOT n."_deleted";

-- step 7, sport_event_activity
DELETE FROM "starjoin"."tombstones_sport_event_activity" USING "next_rows_sport_event_activity" AS n
WHERE "starjoin"."tombstones_sport_event_activity"."ticket_id" = n."ticket_id" AND "starjoin"."tombstones_sport_event_activity"."ticket_id" BETWEEN 1 AND 1000;

-- step 7, sport_event_activity
INSERT INTO "starjoin"."tombstones_sport_event_activity" ("ticket_id", "_pos", "_loaded_at")
SELECT "ticket_id", "_pos", GETDATE() FROM "next_rows_sport_event_activity" WHERE "_deleted";
