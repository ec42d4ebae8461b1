-- step 2, clerks
CREATE TEMP TABLE "stage_rows_clerks" (
  "clerk" INTEGER,
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
  "_pos_unit__head" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTKEY ("clerk");

-- step 2, clerks
COPY "stage_rows_clerks" FROM 's3://staged/clerks' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, purchases
CREATE TEMP TABLE "stage_rows_purchases" (
  "purchase" INTEGER,
  "note" VARCHAR(40),
  "clerk" VARCHAR(40),
  "_pos" VARBYTE(22),
  "_key_clerk__clerk" INTEGER,
  "_pos_clerk" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTKEY ("purchase");

-- step 2, purchases
COPY "stage_rows_purchases" FROM 's3://staged/purchases' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, lines
CREATE TEMP TABLE "stage_rows_lines" (
  "purchase" INTEGER,
  "line" SMALLINT,
  "goods" VARCHAR(40),
  "note" VARCHAR(40),
  "clerk" VARCHAR(40),
  "boss" VARCHAR(40),
  "_pos" VARBYTE(22),
  "_pos_purchase" VARBYTE(22),
  "_key_purchase__clerk__clerk" INTEGER,
  "_pos_purchase__clerk" VARBYTE(22),
  "_key_purchase__clerk__boss__boss" INTEGER,
  "_pos_purchase__clerk__boss" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, lines
COPY "stage_rows_lines" FROM 's3://staged/lines' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, the range of staged keys
SELECT 0 AS target_number, MIN("clerk") AS least, MAX("clerk") AS greatest FROM "stage_rows_clerks"
UNION ALL SELECT 1 AS target_number, MIN("purchase") AS least, MAX("purchase") AS greatest FROM "stage_rows_purchases"
UNION ALL SELECT 2 AS target_number, MIN("purchase") AS least, MAX("purchase") AS greatest FROM "stage_rows_lines";

-- step 5, clerks
CREATE TEMP TABLE "next_rows_clerks" DISTKEY ("clerk") AS
SELECT "clerk", "name", "boss", "top", "head", "_pos", "_key_boss__boss", "_pos_boss", "_key_unit__unit", "_pos_unit", "_key_boss__boss__boss", "_pos_boss__boss", "_key_unit__head__head", "_pos_unit__head", "_deleted", "_staged"
FROM (
  SELECT "clerk", "name", "boss", "top", "head", "_pos", "_key_boss__boss", "_pos_boss", "_key_unit__unit", "_pos_unit", "_key_boss__boss__boss", "_pos_boss__boss", "_key_unit__head__head", "_pos_unit__head", "_deleted", "_staged", "_changed"
  FROM (
    SELECT pool."clerk", pool."name", pool."boss", pool."top", pool."head", pool."_pos", pool."_key_boss__boss", pool."_pos_boss", pool."_key_unit__unit", pool."_pos_unit", pool."_key_boss__boss__boss", pool."_pos_boss__boss", pool."_key_unit__head__head", pool."_pos_unit__head", pool."_deleted", pool."_staged", 0 AS "_changed",
      ROW_NUMBER() OVER (PARTITION BY pool."clerk" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
    FROM (
      SELECT t."clerk", t."name", t."boss", t."top", t."head", t."_pos", t."_key_boss__boss", t."_pos_boss", t."_key_unit__unit", t."_pos_unit", t."_key_boss__boss__boss", t."_pos_boss__boss", t."_key_unit__head__head", t."_pos_unit__head", FALSE AS "_deleted", 0 AS "_staged"
      FROM "public"."clerks_base" AS t
      JOIN (SELECT DISTINCT "clerk" FROM "stage_rows_clerks") AS touched ON t."clerk" = touched."clerk" AND t."clerk" BETWEEN 1 AND 1000
      UNION ALL
      SELECT "clerk", "name", "boss", "top", "head", "_pos", "_key_boss__boss", "_pos_boss", "_key_unit__unit", "_pos_unit", "_key_boss__boss__boss", "_pos_boss__boss", "_key_unit__head__head", "_pos_unit__head", "_deleted", 1 AS "_staged"
      FROM "stage_rows_clerks"
      UNION ALL
      SELECT b."clerk", NULL AS "name", NULL AS "boss", NULL AS "top", NULL AS "head", b."_pos", NULL AS "_key_boss__boss", NULL AS "_pos_boss", NULL AS "_key_unit__unit", NULL AS "_pos_unit", NULL AS "_key_boss__boss__boss", NULL AS "_pos_boss__boss", NULL AS "_key_unit__head__head", NULL AS "_pos_unit__head", TRUE AS "_deleted", 0 AS "_staged"
      FROM "starjoin"."tombstones_clerks" AS b
      JOIN (SELECT DISTINCT "clerk" FROM "stage_rows_clerks") AS s ON b."clerk" = s."clerk" AND b."clerk" BETWEEN 1 AND 1000
    ) AS pool
  ) AS ranked WHERE _rank = 1
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, clerks
DELETE FROM "public"."clerks_base" USING "next_rows_clerks" AS n
WHERE "public"."clerks_base"."clerk" = n."clerk" AND "public"."clerks_base"."clerk" BETWEEN 1 AND 1000;

-- step 6, clerks
INSERT INTO "public"."clerks_base" ("clerk", "name", "boss", "top", "head", "_pos", "_key_boss__boss", "_pos_boss", "_key_unit__unit", "_pos_unit", "_key_boss__boss__boss", "_pos_boss__boss", "_key_unit__head__head", "_pos_unit__head")
SELECT n."clerk", n."name", n."boss", n."top", n."head", n."_pos", n."_key_boss__boss", n."_pos_boss", n."_key_unit__unit", n."_pos_unit", n."_key_boss__boss__boss", n."_pos_boss__boss", n."_key_unit__head__head", n."_pos_unit__head" FROM "next_rows_clerks" AS n WHERE NOT n."_deleted";

-- step 7, clerks
DELETE FROM "starjoin"."tombstones_clerks" USING "next_rows_clerks" AS n
WHERE "starjoin"."tombstones_clerks"."clerk" = n."clerk" AND "starjoin"."tombstones_clerks"."clerk" BETWEEN 1 AND 1000;

-- step 7, clerks
INSERT INTO "starjoin"."tombstones_clerks" ("clerk", "_pos", "_loaded_at")
SELECT "clerk", "_pos", GETDATE() FROM "next_rows_clerks" WHERE "_deleted";

-- step 5, purchases
CREATE TEMP TABLE "next_rows_purchases" DISTKEY ("purchase") AS
SELECT "purchase", "note", "clerk", "_pos", "_key_clerk__clerk", "_pos_clerk", "_deleted", "_staged"
FROM (
  SELECT "purchase", "note", "clerk", "_pos", "_key_clerk__clerk", "_pos_clerk", "_deleted", "_staged", "_changed"
  FROM (
    SELECT pool."purchase", pool."note", pool."clerk", pool."_pos", pool."_key_clerk__clerk", pool."_pos_clerk", pool."_deleted", pool."_staged", 0 AS "_changed",
      ROW_NUMBER() OVER (PARTITION BY pool."purchase" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
    FROM (
      SELECT t."purchase", t."note", t."clerk", t."_pos", t."_key_clerk__clerk", t."_pos_clerk", FALSE AS "_deleted", 0 AS "_staged"
      FROM "public"."purchases_base" AS t
      JOIN (SELECT DISTINCT "purchase" FROM "stage_rows_purchases") AS touched ON t."purchase" = touched."purchase" AND t."purchase" BETWEEN 1 AND 1000
      UNION ALL
      SELECT "purchase", "note", "clerk", "_pos", "_key_clerk__clerk", "_pos_clerk", "_deleted", 1 AS "_staged"
      FROM "stage_rows_purchases"
      UNION ALL
      SELECT b."purchase", NULL AS "note", NULL AS "clerk", b."_pos", NULL AS "_key_clerk__clerk", NULL AS "_pos_clerk", TRUE AS "_deleted", 0 AS "_staged"
      FROM "starjoin"."tombstones_purchases" AS b
      JOIN (SELECT DISTINCT "purchase" FROM "stage_rows_purchases") AS s ON b."purchase" = s."purchase" AND b."purchase" BETWEEN 1 AND 1000
    ) AS pool
  ) AS ranked WHERE _rank = 1
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, purchases
DELETE FROM "public"."purchases_base" USING "next_rows_purchases" AS n
WHERE "public"."purchases_base"."purchase" = n."purchase" AND "public"."purchases_base"."purchase" BETWEEN 1 AND 1000;

-- step 6, purchases
INSERT INTO "public"."purchases_base" ("purchase", "note", "clerk", "_pos", "_key_clerk__clerk", "_pos_clerk")
SELECT n."purchase", n."note", n."clerk", n."_pos", n."_key_clerk__clerk", n."_pos_clerk" FROM "next_rows_purchases" AS n WHERE NOT n."_deleted";

-- step 7, purchases
DELETE FROM "starjoin"."tombstones_purchases" USING "next_rows_purchases" AS n
WHERE "starjoin"."tombstones_purchases"."purchase" = n."purchase" AND "starjoin"."tombstones_purchases"."purchase" BETWEEN 1 AND 1000;

-- step 7, purchases
INSERT INTO "starjoin"."tombstones_purchases" ("purchase", "_pos", "_loaded_at")
SELECT "purchase", "_pos", GETDATE() FROM "next_rows_purchases" WHERE "_deleted";

-- step 5, lines
CREATE TEMP TABLE "next_rows_lines" DISTSTYLE EVEN AS
SELECT "purchase", "line", "goods", "note", "clerk", "boss", "_pos", "_pos_purchase", "_key_purchase__clerk__clerk", "_pos_purchase__clerk", "_key_purchase__clerk__boss__boss", "_pos_purchase__clerk__boss", "_deleted", "_staged"
FROM (
  SELECT "purchase", "line", "goods", "note", "clerk", "boss", "_pos", "_pos_purchase", "_key_purchase__clerk__clerk", "_pos_purchase__clerk", "_key_purchase__clerk__boss__boss", "_pos_purchase__clerk__boss", "_deleted", "_staged", "_changed"
  FROM (
    SELECT pool."purchase", pool."line", pool."goods", pool."note", pool."clerk", pool."boss", pool."_pos", pool."_pos_purchase", pool."_key_purchase__clerk__clerk", pool."_pos_purchase__clerk", pool."_key_purchase__clerk__boss__boss", pool."_pos_purchase__clerk__boss", pool."_deleted", pool."_staged", 0 AS "_changed",
      ROW_NUMBER() OVER (PARTITION BY pool."purchase", pool."line" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
    FROM (
      SELECT t."purchase", t."line", t."goods", t."note", t."clerk", t."boss", t."_pos", t."_pos_purchase", t."_key_purchase__clerk__clerk", t."_pos_purchase__clerk", t."_key_purchase__clerk__boss__boss", t."_pos_purchase__clerk__boss", FALSE AS "_deleted", 0 AS "_staged"
      FROM "public"."lines_base" AS t
      JOIN (SELECT DISTINCT "purchase", "line" FROM "stage_rows_lines") AS touched ON t."purchase" = touched."purchase" AND t."line" = touched."line" AND t."purchase" BETWEEN 1 AND 1000
      UNION ALL
      SELECT "purchase", "line", "goods", "note", "clerk", "boss", "_pos", "_pos_purchase", "_key_purchase__clerk__clerk", "_pos_purchase__clerk", "_key_purchase__clerk__boss__boss", "_pos_purchase__clerk__boss", "_deleted", 1 AS "_staged"
      FROM "stage_rows_lines"
      UNION ALL
      SELECT b."purchase", b."line", NULL AS "goods", NULL AS "note", NULL AS "clerk", NULL AS "boss", b."_pos", NULL AS "_pos_purchase", NULL AS "_key_purchase__clerk__clerk", NULL AS "_pos_purchase__clerk", NULL AS "_key_purchase__clerk__boss__boss", NULL AS "_pos_purchase__clerk__boss", TRUE AS "_deleted", 0 AS "_staged"
      FROM "starjoin"."tombstones_lines" AS b
      JOIN (SELECT DISTINCT "purchase", "line" FROM "stage_rows_lines") AS s ON b."purchase" = s."purchase" AND b."line" = s."line" AND b."purchase" BETWEEN 1 AND 1000
    ) AS pool
  ) AS ranked WHERE _rank = 1
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, lines
DELETE FROM "public"."lines_base" USING "next_rows_lines" AS n
WHERE "public"."lines_base"."purchase" = n."purchase" AND "public"."lines_base"."line" = n."line" AND "public"."lines_base"."purchase" BETWEEN 1 AND 1000;

-- step 6, lines
INSERT INTO "public"."lines_base" ("purchase", "line", "goods", "note", "clerk", "boss", "_pos", "_pos_purchase", "_key_purchase__clerk__clerk", "_pos_purchase__clerk", "_key_purchase__clerk__boss__boss", "_pos_purchase__clerk__boss")
SELECT n."purchase", n."line", n."goods", n."note", n."clerk", n."boss", n."_pos", n."_pos_purchase", n."_key_purchase__clerk__clerk", n."_pos_purchase__clerk", n."_key_purchase__clerk__boss__boss", n."_pos_purchase__clerk__boss" FROM "next_rows_lines" AS n WHERE NOT n."_deleted";

-- step 7, lines
DELETE FROM "starjoin"."tombstones_lines" USING "next_rows_lines" AS n
WHERE "starjoin"."tombstones_lines"."purchase" = n."purchase" AND "starjoin"."tombstones_lines"."line" = n."line" AND "starjoin"."tombstones_lines"."purchase" BETWEEN 1 AND 1000;

-- step 7, lines
INSERT INTO "starjoin"."tombstones_lines" ("purchase", "line", "_pos", "_loaded_at")
SELECT "purchase", "line", "_pos", GETDATE() FROM "next_rows_lines" WHERE "_deleted";
