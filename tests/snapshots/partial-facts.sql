-- step 2, sales
CREATE TEMP TABLE "stage_rows_sales" (
  "sale" INTEGER,
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
  "_pos_event__venue" VARBYTE(44),
  "_deleted" BOOLEAN
) DISTKEY ("sale");

-- step 2, sales
COPY "stage_rows_sales" FROM 's3://staged/sales' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, the range of staged keys
SELECT 0 AS target_number, MIN("sale") AS least, MAX("sale") AS greatest FROM "stage_rows_sales";

-- step 5, sales
CREATE TEMP TABLE "next_rows_sales" DISTKEY ("sale") AS
SELECT "sale", "note", "title", "hall", "buyer", "buyer_name", "seller_name", "place", "_pos", "_set_buyer", "_set__key_event__event", "_set__key_seller__seller", "_set__key_place__country", "_set__key_place__code", "_key_event__event", "_pos_event", "_pos_buyer", "_key_seller__seller", "_pos_seller", "_key_place__country", "_key_place__code", "_pos_place", "_key_event__venue__country", "_key_event__venue__code", "_pos_event__venue", "_deleted", "_staged"
FROM (
  SELECT "sale", "note", "title", "hall", "buyer", "buyer_name", "seller_name", "place", "_pos", "_set_buyer", "_set__key_event__event", "_set__key_seller__seller", "_set__key_place__country", "_set__key_place__code", "_key_event__event", "_pos_event", "_pos_buyer", "_key_seller__seller", "_pos_seller", "_key_place__country", "_key_place__code", "_pos_place", "_key_event__venue__country", "_key_event__venue__code", "_pos_event__venue", "_deleted", "_staged", "_changed"
  FROM (
    SELECT pool."sale", pool."note", FIRST_VALUE(pool."title") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_event__event" DESC, pool."_staged", pool."_pos_event" DESC, pool."_pos_event__venue" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "title", FIRST_VALUE(pool."hall") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_event__event" DESC, pool."_staged", pool."_pos_event" DESC, pool."_pos_event__venue" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "hall", FIRST_VALUE(pool."buyer") OVER (PARTITION BY pool."sale" ORDER BY pool."_set_buyer" DESC, pool."_staged" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "buyer", FIRST_VALUE(pool."buyer_name") OVER (PARTITION BY pool."sale" ORDER BY pool."_set_buyer" DESC, pool."_staged", pool."_pos_buyer" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "buyer_name", FIRST_VALUE(pool."seller_name") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_seller__seller" DESC, pool."_staged", pool."_pos_seller" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "seller_name", FIRST_VALUE(pool."place") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_place__country" DESC, pool."_staged", pool."_pos_place" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "place", pool."_pos", MAX(pool."_set_buyer") OVER (PARTITION BY pool."sale") AS "_set_buyer", MAX(pool."_set__key_event__event") OVER (PARTITION BY pool."sale") AS "_set__key_event__event", MAX(pool."_set__key_seller__seller") OVER (PARTITION BY pool."sale") AS "_set__key_seller__seller", MAX(pool."_set__key_place__country") OVER (PARTITION BY pool."sale") AS "_set__key_place__country", MAX(pool."_set__key_place__code") OVER (PARTITION BY pool."sale") AS "_set__key_place__code", FIRST_VALUE(pool."_key_event__event") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_event__event" DESC, pool."_staged" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_key_event__event", FIRST_VALUE(pool."_pos_event") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_event__event" DESC, pool."_staged", pool."_pos_event" DESC, pool."_pos_event__venue" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_pos_event", FIRST_VALUE(pool."_pos_buyer") OVER (PARTITION BY pool."sale" ORDER BY pool."_set_buyer" DESC, pool."_staged", pool."_pos_buyer" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_pos_buyer", FIRST_VALUE(pool."_key_seller__seller") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_seller__seller" DESC, pool."_staged" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_key_seller__seller", FIRST_VALUE(pool."_pos_seller") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_seller__seller" DESC, pool."_staged", pool."_pos_seller" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_pos_seller", FIRST_VALUE(pool."_key_place__country") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_place__country" DESC, pool."_staged" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_key_place__country", FIRST_VALUE(pool."_key_place__code") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_place__code" DESC, pool."_staged" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_key_place__code", FIRST_VALUE(pool."_pos_place") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_place__country" DESC, pool."_staged", pool."_pos_place" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_pos_place", FIRST_VALUE(pool."_key_event__venue__country") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_event__event" DESC, pool."_staged", pool."_pos_event" DESC, pool."_pos_event__venue" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_key_event__venue__country", FIRST_VALUE(pool."_key_event__venue__code") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_event__event" DESC, pool."_staged", pool."_pos_event" DESC, pool."_pos_event__venue" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_key_event__venue__code", FIRST_VALUE(pool."_pos_event__venue") OVER (PARTITION BY pool."sale" ORDER BY pool."_set__key_event__event" DESC, pool."_staged", pool."_pos_event" DESC, pool."_pos_event__venue" DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "_pos_event__venue", pool."_deleted", pool."_staged", CASE WHEN NOT pool."_deleted" AND (pool."_set_buyer" < MAX(pool."_set_buyer") OVER (PARTITION BY pool."sale") OR pool."_set__key_event__event" < MAX(pool."_set__key_event__event") OVER (PARTITION BY pool."sale") OR pool."_set__key_seller__seller" < MAX(pool."_set__key_seller__seller") OVER (PARTITION BY pool."sale") OR pool."_set__key_place__country" < MAX(pool."_set__key_place__country") OVER (PARTITION BY pool."sale") OR pool."_set__key_place__code" < MAX(pool."_set__key_place__code") OVER (PARTITION BY pool."sale")) THEN 1 ELSE 0 END AS "_changed",
      ROW_NUMBER() OVER (PARTITION BY pool."sale" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
    FROM (
      SELECT t."sale", t."note", t."title", t."hall", t."buyer", t."buyer_name", t."seller_name", t."place", t."_pos", COALESCE(t."_set_buyer", t."_pos") AS "_set_buyer", COALESCE(t."_set__key_event__event", t."_pos") AS "_set__key_event__event", COALESCE(t."_set__key_seller__seller", t."_pos") AS "_set__key_seller__seller", COALESCE(t."_set__key_place__country", t."_pos") AS "_set__key_place__country", COALESCE(t."_set__key_place__code", t."_pos") AS "_set__key_place__code", t."_key_event__event", t."_pos_event", t."_pos_buyer", t."_key_seller__seller", t."_pos_seller", t."_key_place__country", t."_key_place__code", t."_pos_place", t."_key_event__venue__country", t."_key_event__venue__code", t."_pos_event__venue", FALSE AS "_deleted", 0 AS "_staged"
      FROM "public"."sales_base" AS t
      JOIN (SELECT DISTINCT "sale" FROM "stage_rows_sales") AS touched ON t."sale" = touched."sale" AND t."sale" BETWEEN 1 AND 1000
      UNION ALL
      SELECT "sale", "note", "title", "hall", "buyer", "buyer_name", "seller_name", "place", "_pos", "_set_buyer", "_set__key_event__event", "_set__key_seller__seller", "_set__key_place__country", "_set__key_place__code", "_key_event__event", "_pos_event", "_pos_buyer", "_key_seller__seller", "_pos_seller", "_key_place__country", "_key_place__code", "_pos_place", "_key_event__venue__country", "_key_event__venue__code", "_pos_event__venue", "_deleted", 1 AS "_staged"
      FROM "stage_rows_sales"
      UNION ALL
      SELECT b."sale", NULL AS "note", NULL AS "title", NULL AS "hall", NULL AS "buyer", NULL AS "buyer_name", NULL AS "seller_name", NULL AS "place", b."_pos", b."_pos" AS "_set_buyer", b."_pos" AS "_set__key_event__event", b."_pos" AS "_set__key_seller__seller", b."_pos" AS "_set__key_place__country", b."_pos" AS "_set__key_place__code", NULL AS "_key_event__event", CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AS "_pos_event", CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AS "_pos_buyer", NULL AS "_key_seller__seller", CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AS "_pos_seller", NULL AS "_key_place__country", NULL AS "_key_place__code", CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AS "_pos_place", NULL AS "_key_event__venue__country", NULL AS "_key_event__venue__code", CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AS "_pos_event__venue", TRUE AS "_deleted", 0 AS "_staged"
      FROM "starjoin"."tombstones_sales" AS b
      JOIN (SELECT DISTINCT "sale" FROM "stage_rows_sales") AS s ON b."sale" = s."sale" AND b."sale" BETWEEN 1 AND 1000
    ) AS pool
  ) AS ranked WHERE _rank = 1
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, sales
DELETE FROM "public"."sales_base" USING "next_rows_sales" AS n
WHERE "public"."sales_base"."sale" = n."sale" AND "public"."sales_base"."sale" BETWEEN 1 AND 1000;

-- step 6, sales
INSERT INTO "public"."sales_base" ("sale", "note", "title", "hall", "buyer", "buyer_name", "seller_name", "place", "_pos", "_set_buyer", "_set__key_event__event", "_set__key_seller__seller", "_set__key_place__country", "_set__key_place__code", "_key_event__event", "_pos_event", "_pos_buyer", "_key_seller__seller", "_pos_seller", "_key_place__country", "_key_place__code", "_pos_place", "_key_event__venue__country", "_key_event__venue__code", "_pos_event__venue")
SELECT n."sale", n."note", n."title", n."hall", n."buyer", n."buyer_name", n."seller_name", n."place", n."_pos", n."_set_buyer", n."_set__key_event__event", n."_set__key_seller__seller", n."_set__key_place__country", n."_set__key_place__code", n."_key_event__event", n."_pos_event", n."_pos_buyer", n."_key_seller__seller", n."_pos_seller", n."_key_place__country", n."_key_place__code", n."_pos_place", n."_key_event__venue__country", n."_key_event__venue__code", n."_pos_event__venue" FROM "next_rows_sales" AS n WHERE NOT n."_deleted";

-- step 7, sales
DELETE FROM "starjoin"."tombstones_sales" USING "next_rows_sales" AS n
WHERE "starjoin"."tombstones_sales"."sale" = n."sale" AND "starjoin"."tombstones_sales"."sale" BETWEEN 1 AND 1000;

-- step 7, sales
INSERT INTO "starjoin"."tombstones_sales" ("sale", "_pos", "_loaded_at")
SELECT "sale", "_pos", GETDATE() FROM "next_rows_sales" WHERE "_deleted";
