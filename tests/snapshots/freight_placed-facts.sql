-- step 2, consignment_report
CREATE TEMP TABLE "stage_rows_consignment_report" (
  "voyage" INTEGER,
  "line" SMALLINT,
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
  "_pos_sender_company__home_port__region" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTKEY ("voyage");

-- step 2, consignment_report
COPY "stage_rows_consignment_report" FROM 's3://staged/consignment_report' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, sender_report
CREATE TEMP TABLE "stage_rows_sender_report" (
  "consignment_line" SMALLINT,
  "consignment_voyage" INTEGER,
  "sender" BIGINT,
  "verified" BOOLEAN,
  "_pos" VARBYTE(22),
  "_pos_sender_company" VARBYTE(22),
  "_key_sender_company__entry__company_id" BIGINT,
  "_pos_sender_company__entry" VARBYTE(22),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sender_report
COPY "stage_rows_sender_report" FROM 's3://staged/sender_report' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST STATUPDATE OFF;

-- step 2, the range of staged keys
SELECT 0 AS target_number, MIN("voyage") AS least, MAX("voyage") AS greatest FROM "stage_rows_consignment_report"
UNION ALL SELECT 1 AS target_number, MIN("consignment_voyage") AS least, MAX("consignment_voyage") AS greatest FROM "stage_rows_sender_report";

-- step 5, consignment_report
CREATE TEMP TABLE "next_rows_consignment_report" DISTKEY ("voyage") AS
SELECT "voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at", "_pos", "_key_sender_company__sender", "_pos_sender_company", "_pos_receiver_company", "_key_origin_port__origin", "_pos_origin_port", "_key_sender_company__home_port__home", "_pos_sender_company__home_port", "_pos_sender_company__entry", "_key_receiver_company__home_port__home", "_pos_receiver_company__home_port", "_key_origin_port__region__region_code", "_pos_origin_port__region", "_key_sender_company__home_port__region__country", "_key_sender_company__home_port__region__region_code", "_pos_sender_company__home_port__region", "_deleted", "_staged"
FROM (
  SELECT
    r."voyage",
    r."line",
    r."sender_id",
    r."sender_name",
    CASE WHEN q7."country" IS NOT NULL THEN q7."title" ELSE r."sender_region" END AS "sender_region",
    r."sender_number",
    r."receiver",
    r."receiver_name",
    r."receiver_harbour",
    r."origin_depth",
    r."origin_surveyed",
    r."origin_country",
    r."origin_region",
    r."weight",
    r."fee",
    r."insured",
    r."loaded_at",
    r."_pos",
    r."_key_sender_company__sender",
    r."_pos_sender_company",
    r."_pos_receiver_company",
    r."_key_origin_port__origin",
    r."_pos_origin_port",
    r."_key_sender_company__home_port__home",
    r."_pos_sender_company__home_port",
    r."_pos_sender_company__entry",
    r."_key_receiver_company__home_port__home",
    r."_pos_receiver_company__home_port",
    r."_key_origin_port__region__region_code",
    r."_pos_origin_port__region",
    r."_key_sender_company__home_port__region__country",
    r."_key_sender_company__home_port__region__region_code",
    CASE WHEN q7."country" IS NOT NULL THEN q7."_pos" ELSE r."_pos_sender_company__home_port__region" END AS "_pos_sender_company__home_port__region",
    r."_deleted", r."_staged",
    CASE WHEN q7."country" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
  FROM (
    SELECT
      r."voyage",
      r."line",
      r."sender_id",
      r."sender_name",
      CASE WHEN q3."port_id" IS NOT NULL THEN NULL ELSE r."sender_region" END AS "sender_region",
      CASE WHEN q4."company_id" IS NOT NULL THEN q4."number" ELSE r."sender_number" END AS "sender_number",
      r."receiver",
      r."receiver_name",
      CASE WHEN q5."port_id" IS NOT NULL THEN q5."harbour" ELSE r."receiver_harbour" END AS "receiver_harbour",
      r."origin_depth",
      r."origin_surveyed",
      r."origin_country",
      CASE WHEN q6."country" IS NOT NULL THEN q6."title" ELSE r."origin_region" END AS "origin_region",
      r."weight",
      r."fee",
      r."insured",
      r."loaded_at",
      r."_pos",
      r."_key_sender_company__sender",
      r."_pos_sender_company",
      r."_pos_receiver_company",
      r."_key_origin_port__origin",
      r."_pos_origin_port",
      r."_key_sender_company__home_port__home",
      CASE WHEN q3."port_id" IS NOT NULL THEN q3."_pos" ELSE r."_pos_sender_company__home_port" END AS "_pos_sender_company__home_port",
      CASE WHEN q4."company_id" IS NOT NULL THEN q4."_pos" ELSE r."_pos_sender_company__entry" END AS "_pos_sender_company__entry",
      r."_key_receiver_company__home_port__home",
      CASE WHEN q5."port_id" IS NOT NULL THEN q5."_pos" ELSE r."_pos_receiver_company__home_port" END AS "_pos_receiver_company__home_port",
      r."_key_origin_port__region__region_code",
      CASE WHEN q6."country" IS NOT NULL THEN q6."_pos" ELSE r."_pos_origin_port__region" END AS "_pos_origin_port__region",
      CASE WHEN q3."port_id" IS NOT NULL THEN q3."country" ELSE r."_key_sender_company__home_port__region__country" END AS "_key_sender_company__home_port__region__country",
      CASE WHEN q3."port_id" IS NOT NULL THEN q3."region_code" ELSE r."_key_sender_company__home_port__region__region_code" END AS "_key_sender_company__home_port__region__region_code",
      CASE WHEN q3."port_id" IS NOT NULL THEN CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) ELSE r."_pos_sender_company__home_port__region" END AS "_pos_sender_company__home_port__region",
      r."_deleted", r."_staged",
      CASE WHEN q3."port_id" IS NOT NULL OR q4."company_id" IS NOT NULL OR q5."port_id" IS NOT NULL OR q6."country" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
    FROM (
      SELECT
        r."voyage",
        r."line",
        r."sender_id",
        r."sender_name",
        r."sender_region",
        r."sender_number",
        r."receiver",
        r."receiver_name",
        r."receiver_harbour",
        CASE WHEN q2."port_id" IS NOT NULL THEN q2."depth" ELSE r."origin_depth" END AS "origin_depth",
        CASE WHEN q2."port_id" IS NOT NULL THEN q2."surveyed" ELSE r."origin_surveyed" END AS "origin_surveyed",
        CASE WHEN q2."port_id" IS NOT NULL THEN q2."country" ELSE r."origin_country" END AS "origin_country",
        CASE WHEN q2."port_id" IS NOT NULL THEN NULL ELSE r."origin_region" END AS "origin_region",
        r."weight",
        r."fee",
        r."insured",
        r."loaded_at",
        r."_pos",
        r."_key_sender_company__sender",
        r."_pos_sender_company",
        r."_pos_receiver_company",
        r."_key_origin_port__origin",
        CASE WHEN q2."port_id" IS NOT NULL THEN q2."_pos" ELSE r."_pos_origin_port" END AS "_pos_origin_port",
        r."_key_sender_company__home_port__home",
        r."_pos_sender_company__home_port",
        r."_pos_sender_company__entry",
        r."_key_receiver_company__home_port__home",
        r."_pos_receiver_company__home_port",
        CASE WHEN q2."port_id" IS NOT NULL THEN q2."region_code" ELSE r."_key_origin_port__region__region_code" END AS "_key_origin_port__region__region_code",
        CASE WHEN q2."port_id" IS NOT NULL THEN CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) ELSE r."_pos_origin_port__region" END AS "_pos_origin_port__region",
        r."_key_sender_company__home_port__region__country",
        r."_key_sender_company__home_port__region__region_code",
        r."_pos_sender_company__home_port__region",
        r."_deleted", r."_staged",
        CASE WHEN q2."port_id" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
      FROM (
        SELECT "voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at", "_pos", "_key_sender_company__sender", "_pos_sender_company", "_pos_receiver_company", "_key_origin_port__origin", "_pos_origin_port", "_key_sender_company__home_port__home", "_pos_sender_company__home_port", "_pos_sender_company__entry", "_key_receiver_company__home_port__home", "_pos_receiver_company__home_port", "_key_origin_port__region__region_code", "_pos_origin_port__region", "_key_sender_company__home_port__region__country", "_key_sender_company__home_port__region__region_code", "_pos_sender_company__home_port__region", "_deleted", "_staged", "_changed"
        FROM (
          SELECT pool."voyage", pool."line", pool."sender_id", pool."sender_name", pool."sender_region", pool."sender_number", pool."receiver", pool."receiver_name", pool."receiver_harbour", pool."origin_depth", pool."origin_surveyed", pool."origin_country", pool."origin_region", pool."weight", pool."fee", pool."insured", pool."loaded_at", pool."_pos", pool."_key_sender_company__sender", pool."_pos_sender_company", pool."_pos_receiver_company", pool."_key_origin_port__origin", pool."_pos_origin_port", pool."_key_sender_company__home_port__home", pool."_pos_sender_company__home_port", pool."_pos_sender_company__entry", pool."_key_receiver_company__home_port__home", pool."_pos_receiver_company__home_port", pool."_key_origin_port__region__region_code", pool."_pos_origin_port__region", pool."_key_sender_company__home_port__region__country", pool."_key_sender_company__home_port__region__region_code", pool."_pos_sender_company__home_port__region", pool."_deleted", pool."_staged", 0 AS "_changed",
            ROW_NUMBER() OVER (PARTITION BY pool."voyage", pool."line" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
          FROM (
            SELECT t."voyage", t."line", t."sender_id", t."sender_name", t."sender_region", t."sender_number", t."receiver", t."receiver_name", t."receiver_harbour", t."origin_depth", t."origin_surveyed", t."origin_country", t."origin_region", t."weight", t."fee", t."insured", t."loaded_at", t."_pos", t."_key_sender_company__sender", t."_pos_sender_company", t."_pos_receiver_company", t."_key_origin_port__origin", t."_pos_origin_port", t."_key_sender_company__home_port__home", t."_pos_sender_company__home_port", t."_pos_sender_company__entry", t."_key_receiver_company__home_port__home", t."_pos_receiver_company__home_port", t."_key_origin_port__region__region_code", t."_pos_origin_port__region", t."_key_sender_company__home_port__region__country", t."_key_sender_company__home_port__region__region_code", t."_pos_sender_company__home_port__region", FALSE AS "_deleted", 0 AS "_staged"
            FROM "reports"."consignment_report_base" AS t
            JOIN (SELECT DISTINCT "voyage", "line" FROM "stage_rows_consignment_report") AS touched ON t."voyage" = touched."voyage" AND t."line" = touched."line" AND t."voyage" BETWEEN 1 AND 1000
            UNION ALL
            SELECT "voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at", "_pos", "_key_sender_company__sender", "_pos_sender_company", "_pos_receiver_company", "_key_origin_port__origin", "_pos_origin_port", "_key_sender_company__home_port__home", "_pos_sender_company__home_port", "_pos_sender_company__entry", "_key_receiver_company__home_port__home", "_pos_receiver_company__home_port", "_key_origin_port__region__region_code", "_pos_origin_port__region", "_key_sender_company__home_port__region__country", "_key_sender_company__home_port__region__region_code", "_pos_sender_company__home_port__region", "_deleted", 1 AS "_staged"
            FROM "stage_rows_consignment_report"
            UNION ALL
            SELECT b."voyage", b."line", NULL AS "sender_id", NULL AS "sender_name", NULL AS "sender_region", NULL AS "sender_number", NULL AS "receiver", NULL AS "receiver_name", NULL AS "receiver_harbour", NULL AS "origin_depth", NULL AS "origin_surveyed", NULL AS "origin_country", NULL AS "origin_region", NULL AS "weight", NULL AS "fee", NULL AS "insured", NULL AS "loaded_at", b."_pos", NULL AS "_key_sender_company__sender", NULL AS "_pos_sender_company", NULL AS "_pos_receiver_company", NULL AS "_key_origin_port__origin", NULL AS "_pos_origin_port", NULL AS "_key_sender_company__home_port__home", NULL AS "_pos_sender_company__home_port", NULL AS "_pos_sender_company__entry", NULL AS "_key_receiver_company__home_port__home", NULL AS "_pos_receiver_company__home_port", NULL AS "_key_origin_port__region__region_code", NULL AS "_pos_origin_port__region", NULL AS "_key_sender_company__home_port__region__country", NULL AS "_key_sender_company__home_port__region__region_code", NULL AS "_pos_sender_company__home_port__region", TRUE AS "_deleted", 0 AS "_staged"
            FROM "starjoin"."tombstones_consignment_report" AS b
            JOIN (SELECT DISTINCT "voyage", "line" FROM "stage_rows_consignment_report") AS s ON b."voyage" = s."voyage" AND b."line" = s."line" AND b."voyage" BETWEEN 1 AND 1000
          ) AS pool
        ) AS ranked WHERE _rank = 1
      ) AS r
      LEFT JOIN "starjoin"."dimension_port" AS q2
        ON r."_key_origin_port__origin" = q2."port_id" AND r."_pos_origin_port" < q2."_pos"
    ) AS r
    LEFT JOIN "starjoin"."dimension_port" AS q3
      ON r."_key_sender_company__home_port__home" = q3."port_id" AND r."_pos_sender_company__home_port" < q3."_pos"
    LEFT JOIN "starjoin"."dimension_register" AS q4
      ON r."sender_id" = q4."company_id" AND r."_pos_sender_company__entry" < q4."_pos"
    LEFT JOIN "starjoin"."dimension_port" AS q5
      ON r."_key_receiver_company__home_port__home" = q5."port_id" AND r."_pos_receiver_company__home_port" < q5."_pos"
    LEFT JOIN "starjoin"."dimension_region" AS q6
      ON r."origin_country" = q6."country" AND r."_key_origin_port__region__region_code" = q6."code" AND r."_pos_origin_port__region" < q6."_pos"
  ) AS r
  LEFT JOIN "starjoin"."dimension_region" AS q7
    ON r."_key_sender_company__home_port__region__country" = q7."country" AND r."_key_sender_company__home_port__region__region_code" = q7."code" AND r."_pos_sender_company__home_port__region" < q7."_pos"
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, consignment_report
DELETE FROM "reports"."consignment_report_base" USING "next_rows_consignment_report" AS n
WHERE "reports"."consignment_report_base"."voyage" = n."voyage" AND "reports"."consignment_report_base"."line" = n."line" AND "reports"."consignment_report_base"."voyage" BETWEEN 1 AND 1000;

-- step 6, consignment_report
INSERT INTO "reports"."consignment_report_base" ("voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at", "_pos", "_key_sender_company__sender", "_pos_sender_company", "_pos_receiver_company", "_key_origin_port__origin", "_pos_origin_port", "_key_sender_company__home_port__home", "_pos_sender_company__home_port", "_pos_sender_company__entry", "_key_receiver_company__home_port__home", "_pos_receiver_company__home_port", "_key_origin_port__region__region_code", "_pos_origin_port__region", "_key_sender_company__home_port__region__country", "_key_sender_company__home_port__region__region_code", "_pos_sender_company__home_port__region")
SELECT n."voyage", n."line", n."sender_id", n."sender_name", n."sender_region", n."sender_number", n."receiver", n."receiver_name", n."receiver_harbour", n."origin_depth", n."origin_surveyed", n."origin_country", n."origin_region", n."weight", n."fee", n."insured", n."loaded_at", n."_pos", n."_key_sender_company__sender", n."_pos_sender_company", n."_pos_receiver_company", n."_key_origin_port__origin", n."_pos_origin_port", n."_key_sender_company__home_port__home", n."_pos_sender_company__home_port", n."_pos_sender_company__entry", n."_key_receiver_company__home_port__home", n."_pos_receiver_company__home_port", n."_key_origin_port__region__region_code", n."_pos_origin_port__region", n."_key_sender_company__home_port__region__country", n."_key_sender_company__home_port__region__region_code", n."_pos_sender_company__home_port__region" FROM "next_rows_consignment_report" AS n WHERE NOT n."_deleted";

-- step 7, consignment_report
DELETE FROM "starjoin"."tombstones_consignment_report" USING "next_rows_consignment_report" AS n
WHERE "starjoin"."tombstones_consignment_report"."voyage" = n."voyage" AND "starjoin"."tombstones_consignment_report"."line" = n."line" AND "starjoin"."tombstones_consignment_report"."voyage" BETWEEN 1 AND 1000;

-- step 7, consignment_report
INSERT INTO "starjoin"."tombstones_consignment_report" ("voyage", "line", "_pos", "_loaded_at")
SELECT "voyage", "line", "_pos", GETDATE() FROM "next_rows_consignment_report" WHERE "_deleted";

-- step 5, sender_report
CREATE TEMP TABLE "next_rows_sender_report" DISTSTYLE EVEN AS
SELECT "consignment_line", "consignment_voyage", "sender", "verified", "_pos", "_pos_sender_company", "_key_sender_company__entry__company_id", "_pos_sender_company__entry", "_deleted", "_staged"
FROM (
  SELECT
    r."consignment_line",
    r."consignment_voyage",
    r."sender",
    CASE WHEN q1."company_id" IS NOT NULL THEN q1."verified" ELSE r."verified" END AS "verified",
    r."_pos",
    r."_pos_sender_company",
    r."_key_sender_company__entry__company_id",
    CASE WHEN q1."company_id" IS NOT NULL THEN q1."_pos" ELSE r."_pos_sender_company__entry" END AS "_pos_sender_company__entry",
    r."_deleted", r."_staged",
    CASE WHEN q1."company_id" IS NOT NULL THEN 1 ELSE r."_changed" END AS "_changed"
  FROM (
    SELECT "consignment_line", "consignment_voyage", "sender", "verified", "_pos", "_pos_sender_company", "_key_sender_company__entry__company_id", "_pos_sender_company__entry", "_deleted", "_staged", "_changed"
    FROM (
      SELECT pool."consignment_line", pool."consignment_voyage", pool."sender", pool."verified", pool."_pos", pool."_pos_sender_company", pool."_key_sender_company__entry__company_id", pool."_pos_sender_company__entry", pool."_deleted", pool."_staged", 0 AS "_changed",
        ROW_NUMBER() OVER (PARTITION BY pool."consignment_voyage", pool."consignment_line" ORDER BY pool."_pos" DESC, pool."_staged") AS _rank
      FROM (
        SELECT t."consignment_line", t."consignment_voyage", t."sender", t."verified", t."_pos", t."_pos_sender_company", t."_key_sender_company__entry__company_id", t."_pos_sender_company__entry", FALSE AS "_deleted", 0 AS "_staged"
        FROM "public"."sender_report_base" AS t
        JOIN (SELECT DISTINCT "consignment_voyage", "consignment_line" FROM "stage_rows_sender_report") AS touched ON t."consignment_voyage" = touched."consignment_voyage" AND t."consignment_line" = touched."consignment_line" AND t."consignment_voyage" BETWEEN 1 AND 1000
        UNION ALL
        SELECT "consignment_line", "consignment_voyage", "sender", "verified", "_pos", "_pos_sender_company", "_key_sender_company__entry__company_id", "_pos_sender_company__entry", "_deleted", 1 AS "_staged"
        FROM "stage_rows_sender_report"
        UNION ALL
        SELECT b."consignment_line", b."consignment_voyage", NULL AS "sender", NULL AS "verified", b."_pos", NULL AS "_pos_sender_company", NULL AS "_key_sender_company__entry__company_id", NULL AS "_pos_sender_company__entry", TRUE AS "_deleted", 0 AS "_staged"
        FROM "starjoin"."tombstones_sender_report" AS b
        JOIN (SELECT DISTINCT "consignment_voyage", "consignment_line" FROM "stage_rows_sender_report") AS s ON b."consignment_voyage" = s."consignment_voyage" AND b."consignment_line" = s."consignment_line" AND b."consignment_voyage" BETWEEN 1 AND 1000
      ) AS pool
    ) AS ranked WHERE _rank = 1
  ) AS r
  LEFT JOIN "starjoin"."dimension_register" AS q1
    ON r."_key_sender_company__entry__company_id" = q1."company_id" AND r."_pos_sender_company__entry" < q1."_pos"
) AS r
WHERE "_staged" = 1 OR "_changed" = 1;

-- step 6, sender_report
DELETE FROM "public"."sender_report_base" USING "next_rows_sender_report" AS n
WHERE "public"."sender_report_base"."consignment_voyage" = n."consignment_voyage" AND "public"."sender_report_base"."consignment_line" = n."consignment_line" AND "public"."sender_report_base"."consignment_voyage" BETWEEN 1 AND 1000;

-- step 6, sender_report
INSERT INTO "public"."sender_report_base" ("consignment_line", "consignment_voyage", "sender", "verified", "_pos", "_pos_sender_company", "_key_sender_company__entry__company_id", "_pos_sender_company__entry")
SELECT n."consignment_line", n."consignment_voyage", n."sender", n."verified", n."_pos", n."_pos_sender_company", n."_key_sender_company__entry__company_id", n."_pos_sender_company__entry" FROM "next_rows_sender_report" AS n WHERE NOT n."_deleted";

-- step 7, sender_report
DELETE FROM "starjoin"."tombstones_sender_report" USING "next_rows_sender_report" AS n
WHERE "starjoin"."tombstones_sender_report"."consignment_voyage" = n."consignment_voyage" AND "starjoin"."tombstones_sender_report"."consignment_line" = n."consignment_line" AND "starjoin"."tombstones_sender_report"."consignment_voyage" BETWEEN 1 AND 1000;

-- step 7, sender_report
INSERT INTO "starjoin"."tombstones_sender_report" ("consignment_voyage", "consignment_line", "_pos", "_loaded_at")
SELECT "consignment_voyage", "consignment_line", "_pos", GETDATE() FROM "next_rows_sender_report" WHERE "_deleted";
