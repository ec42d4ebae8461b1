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
COPY "stage_rows_clerks" FROM 's3://staged/clerks-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

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
COPY "stage_rows_purchases" FROM 's3://staged/purchases-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

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
COPY "stage_rows_lines" FROM 's3://staged/lines-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, unit
CREATE TEMP TABLE "stage_patches_unit" (
  "unit" INTEGER,
  "head" INTEGER,
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_head" VARBYTE(22),
  "head__clerk" INTEGER,
  "head__boss" INTEGER,
  "head__unit" INTEGER,
  "head__name" VARCHAR(40)
) DISTSTYLE EVEN;

-- step 2, unit
COPY "stage_patches_unit" FROM 's3://staged/unit-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, clerk
CREATE TEMP TABLE "stage_patches_clerk" (
  "clerk" INTEGER,
  "boss" INTEGER,
  "unit" INTEGER,
  "name" VARCHAR(40),
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_boss" VARBYTE(22),
  "boss__clerk" INTEGER,
  "boss__boss" INTEGER,
  "boss__unit" INTEGER,
  "boss__name" VARCHAR(40)
) DISTSTYLE EVEN;

-- step 2, clerk
COPY "stage_patches_clerk" FROM 's3://staged/clerk-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, purchase
CREATE TEMP TABLE "stage_patches_purchase" (
  "purchase" INTEGER,
  "clerk" INTEGER,
  "state" VARCHAR(9),
  "is_test" BOOLEAN,
  "note" VARCHAR(40),
  "_pos" VARBYTE(22),
  "_deleted" BOOLEAN,
  "_pos_clerk" VARBYTE(22),
  "clerk__clerk" INTEGER,
  "clerk__boss" INTEGER,
  "clerk__unit" INTEGER,
  "clerk__name" VARCHAR(40),
  "_pos_clerk__boss" VARBYTE(22),
  "clerk__boss__clerk" INTEGER,
  "clerk__boss__boss" INTEGER,
  "clerk__boss__unit" INTEGER,
  "clerk__boss__name" VARCHAR(40)
) DISTSTYLE EVEN;

-- step 2, purchase
COPY "stage_patches_purchase" FROM 's3://staged/purchase-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 5, clerks
CREATE TEMP TABLE "next_rows_clerks" DISTKEY ("clerk") AS
SELECT "clerk", "name", "boss", "top", "head", "_pos", "_key_boss__boss", "_pos_boss", "_key_unit__unit", "_pos_unit", "_key_boss__boss__boss", "_pos_boss__boss", "_key_unit__head__head", "_pos_unit__head", "_deleted", "_staged"
FROM (
  SELECT
    r."clerk",
    r."name",
    r."boss",
    CASE WHEN q2."clerk" IS NOT NULL THEN q2."name" ELSE r."top" END AS "top",
    CASE WHEN q3."clerk" IS NOT NULL THEN q3."name" ELSE r."head" END AS "head",
    r."_pos",
    r."_key_boss__boss",
    r."_pos_boss",
    r."_key_unit__unit",
    r."_pos_unit",
    r."_key_boss__boss__boss",
    CASE WHEN q2."clerk" IS NOT NULL THEN q2."_pos" ELSE r."_pos_boss__boss" END AS "_pos_boss__boss",
    r."_key_unit__head__head",
    CASE WHEN q3."clerk" IS NOT NULL THEN q3."_pos" ELSE r."_pos_unit__head" END AS "_pos_unit__head",
    r."_deleted", r."_staged",
    CASE WHEN q2."clerk" IS NOT NULL OR q3."clerk" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
  FROM (
    SELECT
      r."clerk",
      r."name",
      CASE WHEN q0."clerk" IS NOT NULL THEN q0."name" ELSE r."boss" END AS "boss",
      CASE WHEN q0."clerk" IS NOT NULL THEN q0."boss__name" ELSE r."top" END AS "top",
      CASE WHEN q1."unit" IS NOT NULL THEN q1."head__name" ELSE r."head" END AS "head",
      r."_pos",
      r."_key_boss__boss",
      CASE WHEN q0."clerk" IS NOT NULL THEN q0."_pos" ELSE r."_pos_boss" END AS "_pos_boss",
      r."_key_unit__unit",
      CASE WHEN q1."unit" IS NOT NULL THEN q1."_pos" ELSE r."_pos_unit" END AS "_pos_unit",
      CASE WHEN q0."clerk" IS NOT NULL THEN q0."boss" ELSE r."_key_boss__boss__boss" END AS "_key_boss__boss__boss",
      CASE WHEN q0."clerk" IS NOT NULL THEN q0."_pos_boss" ELSE r."_pos_boss__boss" END AS "_pos_boss__boss",
      CASE WHEN q1."unit" IS NOT NULL THEN q1."head" ELSE r."_key_unit__head__head" END AS "_key_unit__head__head",
      CASE WHEN q1."unit" IS NOT NULL THEN q1."_pos_head" ELSE r."_pos_unit__head" END AS "_pos_unit__head",
      r."_deleted", r."_staged",
      CASE WHEN q0."clerk" IS NOT NULL OR q1."unit" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
    FROM (
      SELECT "clerk", "name", "boss", "top", "head", "_pos", "_key_boss__boss", "_pos_boss", "_key_unit__unit", "_pos_unit", "_key_boss__boss__boss", "_pos_boss__boss", "_key_unit__head__head", "_pos_unit__head", "_deleted", "_staged", "_changed"
      FROM (
        SELECT pool."clerk", pool."name", pool."boss", pool."top", pool."head", pool."_pos", pool."_key_boss__boss", pool."_pos_boss", pool."_key_unit__unit", pool."_pos_unit", pool."_key_boss__boss__boss", pool."_pos_boss__boss", pool."_key_unit__head__head", pool."_pos_unit__head", pool."_deleted", pool."_staged", 0 AS "_changed",
          ROW_NUMBER() OVER (PARTITION BY pool."clerk" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
        FROM (
          SELECT t."clerk", t."name", t."boss", t."top", t."head", t."_pos", t."_key_boss__boss", t."_pos_boss", t."_key_unit__unit", t."_pos_unit", t."_key_boss__boss__boss", t."_pos_boss__boss", t."_key_unit__head__head", t."_pos_unit__head", FALSE AS "_deleted", 0 AS "_staged"
          FROM "public"."clerks_base" AS t
          JOIN (
            SELECT t."clerk"
            FROM "public"."clerks_base" AS t
            LEFT JOIN (SELECT DISTINCT "clerk" FROM "stage_rows_clerks") AS s ON t."clerk" = s."clerk"
            LEFT JOIN (SELECT "clerk", MAX("_pos") AS "_pos" FROM "stage_patches_clerk" GROUP BY "clerk") AS c0
              ON t."_key_boss__boss" = c0."clerk" AND t."_pos_boss" < c0."_pos"
            LEFT JOIN (SELECT "unit", MAX("_pos") AS "_pos" FROM "stage_patches_unit" GROUP BY "unit") AS c1
              ON t."_key_unit__unit" = c1."unit" AND t."_pos_unit" < c1."_pos"
            LEFT JOIN (SELECT "clerk", MAX("_pos") AS "_pos" FROM "stage_patches_clerk" GROUP BY "clerk") AS c2
              ON t."_key_boss__boss__boss" = c2."clerk" AND t."_pos_boss__boss" < c2."_pos"
            LEFT JOIN (SELECT "clerk", MAX("_pos") AS "_pos" FROM "stage_patches_clerk" GROUP BY "clerk") AS c3
              ON t."_key_unit__head__head" = c3."clerk" AND t."_pos_unit__head" < c3."_pos"
            WHERE s."clerk" IS NOT NULL OR c0."clerk" IS NOT NULL OR c1."unit" IS NOT NULL OR c2."clerk" IS NOT NULL OR c3."clerk" IS NOT NULL
          ) AS touched ON t."clerk" = touched."clerk"
          UNION ALL
          SELECT "clerk", "name", "boss", "top", "head", "_pos", "_key_boss__boss", "_pos_boss", "_key_unit__unit", "_pos_unit", "_key_boss__boss__boss", "_pos_boss__boss", "_key_unit__head__head", "_pos_unit__head", "_deleted", 1 AS "_staged"
          FROM "stage_rows_clerks"
          UNION ALL
          SELECT b."clerk", NULL AS "name", NULL AS "boss", NULL AS "top", NULL AS "head", b."_pos", NULL AS "_key_boss__boss", NULL AS "_pos_boss", NULL AS "_key_unit__unit", NULL AS "_pos_unit", NULL AS "_key_boss__boss__boss", NULL AS "_pos_boss__boss", NULL AS "_key_unit__head__head", NULL AS "_pos_unit__head", TRUE AS "_deleted", 0 AS "_staged"
          FROM "starjoin"."tombstones_clerks" AS b
          JOIN (SELECT DISTINCT "clerk" FROM "stage_rows_clerks") AS s ON b."clerk" = s."clerk"
        ) AS pool
      ) AS ranked WHERE _rank = 1
    ) AS r
    LEFT JOIN (
      SELECT "clerk", "_pos", "_deleted", "name", "boss__name", "_pos_boss", "boss" FROM (
        SELECT "clerk", "_pos", "_deleted", "name", "boss__name", "_pos_boss", "boss", ROW_NUMBER() OVER (PARTITION BY "clerk" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_clerk"
      ) AS numbered WHERE _rank = 1
    ) AS q0
      ON r."_key_boss__boss" = q0."clerk" AND r."_pos_boss" < q0."_pos"
    LEFT JOIN (
      SELECT "unit", "_pos", "_deleted", "head__name", "_pos_head", "head" FROM (
        SELECT "unit", "_pos", "_deleted", "head__name", "_pos_head", "head", ROW_NUMBER() OVER (PARTITION BY "unit" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_unit"
      ) AS numbered WHERE _rank = 1
    ) AS q1
      ON r."_key_unit__unit" = q1."unit" AND r."_pos_unit" < q1."_pos"
  ) AS r
  LEFT JOIN (
    SELECT "clerk", "_pos", "_deleted", "name" FROM (
      SELECT "clerk", "_pos", "_deleted", "name", ROW_NUMBER() OVER (PARTITION BY "clerk" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_clerk"
    ) AS numbered WHERE _rank = 1
  ) AS q2
    ON r."_key_boss__boss__boss" = q2."clerk" AND r."_pos_boss__boss" < q2."_pos"
  LEFT JOIN (
    SELECT "clerk", "_pos", "_deleted", "name" FROM (
      SELECT "clerk", "_pos", "_deleted", "name", ROW_NUMBER() OVER (PARTITION BY "clerk" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_clerk"
    ) AS numbered WHERE _rank = 1
  ) AS q3
    ON r."_key_unit__head__head" = q3."clerk" AND r."_pos_unit__head" < q3."_pos"
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, clerks
DELETE FROM "public"."clerks_base" USING "next_rows_clerks" AS n
WHERE "public"."clerks_base"."clerk" = n."clerk";

-- step 6, clerks
INSERT INTO "public"."clerks_base" ("clerk", "name", "boss", "top", "head", "_pos", "_key_boss__boss", "_pos_boss", "_key_unit__unit", "_pos_unit", "_key_boss__boss__boss", "_pos_boss__boss", "_key_unit__head__head", "_pos_unit__head")
SELECT n."clerk", n."name", n."boss", n."top", n."head", n."_pos", n."_key_boss__boss", n."_pos_boss", n."_key_unit__unit", n."_pos_unit", n."_key_boss__boss__boss", n."_pos_boss__boss", n."_key_unit__head__head", n."_pos_unit__head" FROM "next_rows_clerks" AS n WHERE NOT n."_deleted";

-- step 7, clerks
DELETE FROM "starjoin"."tombstones_clerks" USING "next_rows_clerks" AS n
WHERE "starjoin"."tombstones_clerks"."clerk" = n."clerk";

-- step 7, clerks
INSERT INTO "starjoin"."tombstones_clerks" ("clerk", "_pos", "_loaded_at")
SELECT "clerk", "_pos", GETDATE() FROM "next_rows_clerks" WHERE "_deleted";

-- step 5, purchases
CREATE TEMP TABLE "next_rows_purchases" DISTKEY ("purchase") AS
SELECT "purchase", "note", "clerk", "_pos", "_key_clerk__clerk", "_pos_clerk", "_deleted", "_staged"
FROM (
  SELECT
    r."purchase",
    r."note",
    CASE WHEN q0."clerk" IS NOT NULL THEN q0."name" ELSE r."clerk" END AS "clerk",
    r."_pos",
    r."_key_clerk__clerk",
    CASE WHEN q0."clerk" IS NOT NULL THEN q0."_pos" ELSE r."_pos_clerk" END AS "_pos_clerk",
    r."_deleted", r."_staged",
    CASE WHEN q0."clerk" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
  FROM (
    SELECT "purchase", "note", "clerk", "_pos", "_key_clerk__clerk", "_pos_clerk", "_deleted", "_staged", "_changed"
    FROM (
      SELECT pool."purchase", pool."note", pool."clerk", pool."_pos", pool."_key_clerk__clerk", pool."_pos_clerk", pool."_deleted", pool."_staged", 0 AS "_changed",
        ROW_NUMBER() OVER (PARTITION BY pool."purchase" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
      FROM (
        SELECT t."purchase", t."note", t."clerk", t."_pos", t."_key_clerk__clerk", t."_pos_clerk", FALSE AS "_deleted", 0 AS "_staged"
        FROM "public"."purchases_base" AS t
        JOIN (
          SELECT t."purchase"
          FROM "public"."purchases_base" AS t
          LEFT JOIN (SELECT DISTINCT "purchase" FROM "stage_rows_purchases") AS s ON t."purchase" = s."purchase"
          LEFT JOIN (SELECT "clerk", MAX("_pos") AS "_pos" FROM "stage_patches_clerk" GROUP BY "clerk") AS c0
            ON t."_key_clerk__clerk" = c0."clerk" AND t."_pos_clerk" < c0."_pos"
          WHERE s."purchase" IS NOT NULL OR c0."clerk" IS NOT NULL
        ) AS touched ON t."purchase" = touched."purchase"
        UNION ALL
        SELECT "purchase", "note", "clerk", "_pos", "_key_clerk__clerk", "_pos_clerk", "_deleted", 1 AS "_staged"
        FROM "stage_rows_purchases"
        UNION ALL
        SELECT b."purchase", NULL AS "note", NULL AS "clerk", b."_pos", NULL AS "_key_clerk__clerk", NULL AS "_pos_clerk", TRUE AS "_deleted", 0 AS "_staged"
        FROM "starjoin"."tombstones_purchases" AS b
        JOIN (SELECT DISTINCT "purchase" FROM "stage_rows_purchases") AS s ON b."purchase" = s."purchase"
      ) AS pool
    ) AS ranked WHERE _rank = 1
  ) AS r
  LEFT JOIN (
    SELECT "clerk", "_pos", "_deleted", "name" FROM (
      SELECT "clerk", "_pos", "_deleted", "name", ROW_NUMBER() OVER (PARTITION BY "clerk" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_clerk"
    ) AS numbered WHERE _rank = 1
  ) AS q0
    ON r."_key_clerk__clerk" = q0."clerk" AND r."_pos_clerk" < q0."_pos"
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, purchases
DELETE FROM "public"."purchases_base" USING "next_rows_purchases" AS n
WHERE "public"."purchases_base"."purchase" = n."purchase";

-- step 6, purchases
INSERT INTO "public"."purchases_base" ("purchase", "note", "clerk", "_pos", "_key_clerk__clerk", "_pos_clerk")
SELECT n."purchase", n."note", n."clerk", n."_pos", n."_key_clerk__clerk", n."_pos_clerk" FROM "next_rows_purchases" AS n WHERE NOT n."_deleted";

-- step 7, purchases
DELETE FROM "starjoin"."tombstones_purchases" USING "next_rows_purchases" AS n
WHERE "starjoin"."tombstones_purchases"."purchase" = n."purchase";

-- step 7, purchases
INSERT INTO "starjoin"."tombstones_purchases" ("purchase", "_pos", "_loaded_at")
SELECT "purchase", "_pos", GETDATE() FROM "next_rows_purchases" WHERE "_deleted";

-- step 5, lines
CREATE TEMP TABLE "next_rows_lines" DISTSTYLE EVEN AS
SELECT "purchase", "line", "goods", "note", "clerk", "boss", "_pos", "_pos_purchase", "_key_purchase__clerk__clerk", "_pos_purchase__clerk", "_key_purchase__clerk__boss__boss", "_pos_purchase__clerk__boss", "_deleted", "_staged"
FROM (
  SELECT
    r."purchase",
    r."line",
    r."goods",
    r."note",
    r."clerk",
    CASE WHEN q2."clerk" IS NOT NULL THEN q2."name" ELSE r."boss" END AS "boss",
    r."_pos",
    r."_pos_purchase",
    r."_key_purchase__clerk__clerk",
    r."_pos_purchase__clerk",
    r."_key_purchase__clerk__boss__boss",
    CASE WHEN q2."clerk" IS NOT NULL THEN q2."_pos" ELSE r."_pos_purchase__clerk__boss" END AS "_pos_purchase__clerk__boss",
    r."_deleted", r."_staged",
    CASE WHEN q2."clerk" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
  FROM (
    SELECT
      r."purchase",
      r."line",
      r."goods",
      r."note",
      CASE WHEN q1."clerk" IS NOT NULL THEN q1."name" ELSE r."clerk" END AS "clerk",
      CASE WHEN q1."clerk" IS NOT NULL THEN q1."boss__name" ELSE r."boss" END AS "boss",
      r."_pos",
      r."_pos_purchase",
      r."_key_purchase__clerk__clerk",
      CASE WHEN q1."clerk" IS NOT NULL THEN q1."_pos" ELSE r."_pos_purchase__clerk" END AS "_pos_purchase__clerk",
      CASE WHEN q1."clerk" IS NOT NULL THEN q1."boss" ELSE r."_key_purchase__clerk__boss__boss" END AS "_key_purchase__clerk__boss__boss",
      CASE WHEN q1."clerk" IS NOT NULL THEN q1."_pos_boss" ELSE r."_pos_purchase__clerk__boss" END AS "_pos_purchase__clerk__boss",
      r."_deleted", r."_staged",
      CASE WHEN q1."clerk" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
    FROM (
      SELECT
        r."purchase",
        r."line",
        r."goods",
        CASE WHEN q0."purchase" IS NOT NULL THEN q0."note" ELSE r."note" END AS "note",
        CASE WHEN q0."purchase" IS NOT NULL THEN q0."clerk__name" ELSE r."clerk" END AS "clerk",
        CASE WHEN q0."purchase" IS NOT NULL THEN q0."clerk__boss__name" ELSE r."boss" END AS "boss",
        r."_pos",
        CASE WHEN q0."purchase" IS NOT NULL THEN q0."_pos" ELSE r."_pos_purchase" END AS "_pos_purchase",
        CASE WHEN q0."purchase" IS NOT NULL THEN q0."clerk" ELSE r."_key_purchase__clerk__clerk" END AS "_key_purchase__clerk__clerk",
        CASE WHEN q0."purchase" IS NOT NULL THEN q0."_pos_clerk" ELSE r."_pos_purchase__clerk" END AS "_pos_purchase__clerk",
        CASE WHEN q0."purchase" IS NOT NULL THEN q0."clerk__boss" ELSE r."_key_purchase__clerk__boss__boss" END AS "_key_purchase__clerk__boss__boss",
        CASE WHEN q0."purchase" IS NOT NULL THEN q0."_pos_clerk__boss" ELSE r."_pos_purchase__clerk__boss" END AS "_pos_purchase__clerk__boss",
        r."_deleted", r."_staged",
        CASE WHEN q0."purchase" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
      FROM (
        SELECT "purchase", "line", "goods", "note", "clerk", "boss", "_pos", "_pos_purchase", "_key_purchase__clerk__clerk", "_pos_purchase__clerk", "_key_purchase__clerk__boss__boss", "_pos_purchase__clerk__boss", "_deleted", "_staged", "_changed"
        FROM (
          SELECT pool."purchase", pool."line", pool."goods", pool."note", pool."clerk", pool."boss", pool."_pos", pool."_pos_purchase", pool."_key_purchase__clerk__clerk", pool."_pos_purchase__clerk", pool."_key_purchase__clerk__boss__boss", pool."_pos_purchase__clerk__boss", pool."_deleted", pool."_staged", 0 AS "_changed",
            ROW_NUMBER() OVER (PARTITION BY pool."purchase", pool."line" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
          FROM (
            SELECT t."purchase", t."line", t."goods", t."note", t."clerk", t."boss", t."_pos", t."_pos_purchase", t."_key_purchase__clerk__clerk", t."_pos_purchase__clerk", t."_key_purchase__clerk__boss__boss", t."_pos_purchase__clerk__boss", FALSE AS "_deleted", 0 AS "_staged"
            FROM "public"."lines_base" AS t
            JOIN (
              SELECT t."purchase", t."line"
              FROM "public"."lines_base" AS t
              LEFT JOIN (SELECT DISTINCT "purchase", "line" FROM "stage_rows_lines") AS s ON t."purchase" = s."purchase" AND t."line" = s."line"
              LEFT JOIN (SELECT "purchase", MAX("_pos") AS "_pos" FROM "stage_patches_purchase" GROUP BY "purchase") AS c0
                ON t."purchase" = c0."purchase" AND t."_pos_purchase" < c0."_pos"
              LEFT JOIN (SELECT "clerk", MAX("_pos") AS "_pos" FROM "stage_patches_clerk" GROUP BY "clerk") AS c1
                ON t."_key_purchase__clerk__clerk" = c1."clerk" AND t."_pos_purchase__clerk" < c1."_pos"
              LEFT JOIN (SELECT "clerk", MAX("_pos") AS "_pos" FROM "stage_patches_clerk" GROUP BY "clerk") AS c2
                ON t."_key_purchase__clerk__boss__boss" = c2."clerk" AND t."_pos_purchase__clerk__boss" < c2."_pos"
              WHERE s."purchase" IS NOT NULL OR c0."purchase" IS NOT NULL OR c1."clerk" IS NOT NULL OR c2."clerk" IS NOT NULL
            ) AS touched ON t."purchase" = touched."purchase" AND t."line" = touched."line"
            UNION ALL
            SELECT "purchase", "line", "goods", "note", "clerk", "boss", "_pos", "_pos_purchase", "_key_purchase__clerk__clerk", "_pos_purchase__clerk", "_key_purchase__clerk__boss__boss", "_pos_purchase__clerk__boss", "_deleted", 1 AS "_staged"
            FROM "stage_rows_lines"
            UNION ALL
            SELECT b."purchase", b."line", NULL AS "goods", NULL AS "note", NULL AS "clerk", NULL AS "boss", b."_pos", NULL AS "_pos_purchase", NULL AS "_key_purchase__clerk__clerk", NULL AS "_pos_purchase__clerk", NULL AS "_key_purchase__clerk__boss__boss", NULL AS "_pos_purchase__clerk__boss", TRUE AS "_deleted", 0 AS "_staged"
            FROM "starjoin"."tombstones_lines" AS b
            JOIN (SELECT DISTINCT "purchase", "line" FROM "stage_rows_lines") AS s ON b."purchase" = s."purchase" AND b."line" = s."line"
          ) AS pool
        ) AS ranked WHERE _rank = 1
      ) AS r
      LEFT JOIN (
        SELECT "purchase", "_pos", "_deleted", "note", "clerk__name", "clerk__boss__name", "_pos_clerk", "clerk", "_pos_clerk__boss", "clerk__boss" FROM (
          SELECT "purchase", "_pos", "_deleted", "note", "clerk__name", "clerk__boss__name", "_pos_clerk", "clerk", "_pos_clerk__boss", "clerk__boss", ROW_NUMBER() OVER (PARTITION BY "purchase" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_purchase"
        ) AS numbered WHERE _rank = 1
      ) AS q0
        ON r."purchase" = q0."purchase" AND r."_pos_purchase" < q0."_pos"
    ) AS r
    LEFT JOIN (
      SELECT "clerk", "_pos", "_deleted", "name", "boss__name", "_pos_boss", "boss" FROM (
        SELECT "clerk", "_pos", "_deleted", "name", "boss__name", "_pos_boss", "boss", ROW_NUMBER() OVER (PARTITION BY "clerk" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_clerk"
      ) AS numbered WHERE _rank = 1
    ) AS q1
      ON r."_key_purchase__clerk__clerk" = q1."clerk" AND r."_pos_purchase__clerk" < q1."_pos"
  ) AS r
  LEFT JOIN (
    SELECT "clerk", "_pos", "_deleted", "name" FROM (
      SELECT "clerk", "_pos", "_deleted", "name", ROW_NUMBER() OVER (PARTITION BY "clerk" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_clerk"
    ) AS numbered WHERE _rank = 1
  ) AS q2
    ON r."_key_purchase__clerk__boss__boss" = q2."clerk" AND r."_pos_purchase__clerk__boss" < q2."_pos"
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, lines
DELETE FROM "public"."lines_base" USING "next_rows_lines" AS n
WHERE "public"."lines_base"."purchase" = n."purchase" AND "public"."lines_base"."line" = n."line";

-- step 6, lines
INSERT INTO "public"."lines_base" ("purchase", "line", "goods", "note", "clerk", "boss", "_pos", "_pos_purchase", "_key_purchase__clerk__clerk", "_pos_purchase__clerk", "_key_purchase__clerk__boss__boss", "_pos_purchase__clerk__boss")
SELECT n."purchase", n."line", n."goods", n."note", n."clerk", n."boss", n."_pos", n."_pos_purchase", n."_key_purchase__clerk__clerk", n."_pos_purchase__clerk", n."_key_purchase__clerk__boss__boss", n."_pos_purchase__clerk__boss" FROM "next_rows_lines" AS n WHERE NOT n."_deleted";

-- step 7, lines
DELETE FROM "starjoin"."tombstones_lines" USING "next_rows_lines" AS n
WHERE "starjoin"."tombstones_lines"."purchase" = n."purchase" AND "starjoin"."tombstones_lines"."line" = n."line";

-- step 7, lines
INSERT INTO "starjoin"."tombstones_lines" ("purchase", "line", "_pos", "_loaded_at")
SELECT "purchase", "line", "_pos", GETDATE() FROM "next_rows_lines" WHERE "_deleted";
