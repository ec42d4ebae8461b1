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
  "_pos" VARCHAR(44),
  "_key_sender_company__sender" BIGINT,
  "_pos_sender_company" VARCHAR(44),
  "_pos_receiver_company" VARCHAR(44),
  "_key_origin_port__origin" INTEGER,
  "_pos_origin_port" VARCHAR(44),
  "_key_sender_company__home_port__home" INTEGER,
  "_pos_sender_company__home_port" VARCHAR(44),
  "_pos_sender_company__entry" VARCHAR(44),
  "_key_receiver_company__home_port__home" INTEGER,
  "_pos_receiver_company__home_port" VARCHAR(44),
  "_key_origin_port__region__region_code" VARCHAR(8),
  "_pos_origin_port__region" VARCHAR(44),
  "_key_sender_company__home_port__region__country" VARCHAR(2),
  "_key_sender_company__home_port__region__region_code" VARCHAR(8),
  "_pos_sender_company__home_port__region" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("voyage");

-- step 2, consignment_report
CREATE TEMP TABLE "newest_rows_consignment_report" (
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
  "_pos" VARCHAR(44),
  "_key_sender_company__sender" BIGINT,
  "_pos_sender_company" VARCHAR(44),
  "_pos_receiver_company" VARCHAR(44),
  "_key_origin_port__origin" INTEGER,
  "_pos_origin_port" VARCHAR(44),
  "_key_sender_company__home_port__home" INTEGER,
  "_pos_sender_company__home_port" VARCHAR(44),
  "_pos_sender_company__entry" VARCHAR(44),
  "_key_receiver_company__home_port__home" INTEGER,
  "_pos_receiver_company__home_port" VARCHAR(44),
  "_key_origin_port__region__region_code" VARCHAR(8),
  "_pos_origin_port__region" VARCHAR(44),
  "_key_sender_company__home_port__region__country" VARCHAR(2),
  "_key_sender_company__home_port__region__region_code" VARCHAR(8),
  "_pos_sender_company__home_port__region" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("voyage");

-- step 2, consignment_report
COPY "stage_rows_consignment_report" FROM 's3://staged/consignment_report-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, sender_report
CREATE TEMP TABLE "stage_rows_sender_report" (
  "consignment_line" SMALLINT,
  "consignment_voyage" INTEGER,
  "sender" BIGINT,
  "verified" BOOLEAN,
  "_pos" VARCHAR(44),
  "_pos_sender_company" VARCHAR(44),
  "_key_sender_company__entry__company_id" BIGINT,
  "_pos_sender_company__entry" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sender_report
CREATE TEMP TABLE "newest_rows_sender_report" (
  "consignment_line" SMALLINT,
  "consignment_voyage" INTEGER,
  "sender" BIGINT,
  "verified" BOOLEAN,
  "_pos" VARCHAR(44),
  "_pos_sender_company" VARCHAR(44),
  "_key_sender_company__entry__company_id" BIGINT,
  "_pos_sender_company__entry" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, sender_report
COPY "stage_rows_sender_report" FROM 's3://staged/sender_report-rows.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, company
CREATE TEMP TABLE "stage_patches_company" (
  "company_id" BIGINT,
  "trade_name" VARCHAR(60),
  "home" INTEGER,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, company
CREATE TEMP TABLE "newest_patches_company" (
  "company_id" BIGINT,
  "trade_name" VARCHAR(60),
  "home" INTEGER,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, company
COPY "stage_patches_company" FROM 's3://staged/company-patches.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, region
CREATE TEMP TABLE "stage_dimension_region" (
  "country" VARCHAR(2),
  "code" VARCHAR(8),
  "title" VARCHAR(40),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, region
CREATE TEMP TABLE "newest_dimension_region" (
  "country" VARCHAR(2),
  "code" VARCHAR(8),
  "title" VARCHAR(40),
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTSTYLE EVEN;

-- step 2, region
COPY "stage_dimension_region" FROM 's3://staged/region.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, port
CREATE TEMP TABLE "stage_dimension_port" (
  "port_id" INTEGER,
  "country" VARCHAR(2),
  "region_code" VARCHAR(8),
  "harbour" VARCHAR(40),
  "depth" DECIMAL(38,10),
  "surveyed" DATE,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("port_id");

-- step 2, port
CREATE TEMP TABLE "newest_dimension_port" (
  "port_id" INTEGER,
  "country" VARCHAR(2),
  "region_code" VARCHAR(8),
  "harbour" VARCHAR(40),
  "depth" DECIMAL(38,10),
  "surveyed" DATE,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("port_id");

-- step 2, port
COPY "stage_dimension_port" FROM 's3://staged/port.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 2, register
CREATE TEMP TABLE "stage_dimension_register" (
  "company_id" BIGINT,
  "number" VARCHAR(64),
  "verified" BOOLEAN,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("company_id");

-- step 2, register
CREATE TEMP TABLE "newest_dimension_register" (
  "company_id" BIGINT,
  "number" VARCHAR(64),
  "verified" BOOLEAN,
  "_pos" VARCHAR(44),
  "_deleted" BOOLEAN
) DISTKEY ("company_id");

-- step 2, register
COPY "stage_dimension_register" FROM 's3://staged/register.json' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;

-- step 3, consignment_report
INSERT INTO "newest_rows_consignment_report" ("voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at", "_pos", "_key_sender_company__sender", "_pos_sender_company", "_pos_receiver_company", "_key_origin_port__origin", "_pos_origin_port", "_key_sender_company__home_port__home", "_pos_sender_company__home_port", "_pos_sender_company__entry", "_key_receiver_company__home_port__home", "_pos_receiver_company__home_port", "_key_origin_port__region__region_code", "_pos_origin_port__region", "_key_sender_company__home_port__region__country", "_key_sender_company__home_port__region__region_code", "_pos_sender_company__home_port__region", "_deleted")
SELECT "voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at", "_pos", "_key_sender_company__sender", "_pos_sender_company", "_pos_receiver_company", "_key_origin_port__origin", "_pos_origin_port", "_key_sender_company__home_port__home", "_pos_sender_company__home_port", "_pos_sender_company__entry", "_key_receiver_company__home_port__home", "_pos_receiver_company__home_port", "_key_origin_port__region__region_code", "_pos_origin_port__region", "_key_sender_company__home_port__region__country", "_key_sender_company__home_port__region__region_code", "_pos_sender_company__home_port__region", "_deleted" FROM (
  SELECT "voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at", "_pos", "_key_sender_company__sender", "_pos_sender_company", "_pos_receiver_company", "_key_origin_port__origin", "_pos_origin_port", "_key_sender_company__home_port__home", "_pos_sender_company__home_port", "_pos_sender_company__entry", "_key_receiver_company__home_port__home", "_pos_receiver_company__home_port", "_key_origin_port__region__region_code", "_pos_origin_port__region", "_key_sender_company__home_port__region__country", "_key_sender_company__home_port__region__region_code", "_pos_sender_company__home_port__region", "_deleted", ROW_NUMBER() OVER (PARTITION BY "voyage", "line" ORDER BY "_pos" DESC) AS _rank FROM "stage_rows_consignment_report"
) AS ranked WHERE _rank = 1;

-- step 4, consignment_report
DELETE FROM "newest_rows_consignment_report" USING "reports"."consignment_report" AS t
WHERE "newest_rows_consignment_report"."voyage" = t."voyage" AND "newest_rows_consignment_report"."line" = t."line" AND t."_pos" >= "newest_rows_consignment_report"."_pos";

-- step 4, consignment_report
DELETE FROM "newest_rows_consignment_report" USING "starjoin"."tombstones_consignment_report" AS b
WHERE "newest_rows_consignment_report"."voyage" = b."voyage" AND "newest_rows_consignment_report"."line" = b."line" AND b."_pos" >= "newest_rows_consignment_report"."_pos";

-- step 5, consignment_report
DELETE FROM "reports"."consignment_report" USING "newest_rows_consignment_report" AS n
WHERE "reports"."consignment_report"."voyage" = n."voyage" AND "reports"."consignment_report"."line" = n."line";

-- step 5, consignment_report
INSERT INTO "reports"."consignment_report" ("voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at", "_pos", "_key_sender_company__sender", "_pos_sender_company", "_pos_receiver_company", "_key_origin_port__origin", "_pos_origin_port", "_key_sender_company__home_port__home", "_pos_sender_company__home_port", "_pos_sender_company__entry", "_key_receiver_company__home_port__home", "_pos_receiver_company__home_port", "_key_origin_port__region__region_code", "_pos_origin_port__region", "_key_sender_company__home_port__region__country", "_key_sender_company__home_port__region__region_code", "_pos_sender_company__home_port__region")
SELECT "voyage", "line", "sender_id", "sender_name", "sender_region", "sender_number", "receiver", "receiver_name", "receiver_harbour", "origin_depth", "origin_surveyed", "origin_country", "origin_region", "weight", "fee", "insured", "loaded_at", "_pos", "_key_sender_company__sender", "_pos_sender_company", "_pos_receiver_company", "_key_origin_port__origin", "_pos_origin_port", "_key_sender_company__home_port__home", "_pos_sender_company__home_port", "_pos_sender_company__entry", "_key_receiver_company__home_port__home", "_pos_receiver_company__home_port", "_key_origin_port__region__region_code", "_pos_origin_port__region", "_key_sender_company__home_port__region__country", "_key_sender_company__home_port__region__region_code", "_pos_sender_company__home_port__region" FROM "newest_rows_consignment_report" WHERE NOT "_deleted";

-- step 5, consignment_report
DELETE FROM "starjoin"."tombstones_consignment_report" USING "newest_rows_consignment_report" AS n
WHERE "starjoin"."tombstones_consignment_report"."voyage" = n."voyage" AND "starjoin"."tombstones_consignment_report"."line" = n."line";

-- step 5, consignment_report
INSERT INTO "starjoin"."tombstones_consignment_report" ("voyage", "line", "_pos")
SELECT "voyage", "line", "_pos" FROM "newest_rows_consignment_report" WHERE "_deleted";

-- step 3, sender_report
INSERT INTO "newest_rows_sender_report" ("consignment_line", "consignment_voyage", "sender", "verified", "_pos", "_pos_sender_company", "_key_sender_company__entry__company_id", "_pos_sender_company__entry", "_deleted")
SELECT "consignment_line", "consignment_voyage", "sender", "verified", "_pos", "_pos_sender_company", "_key_sender_company__entry__company_id", "_pos_sender_company__entry", "_deleted" FROM (
  SELECT "consignment_line", "consignment_voyage", "sender", "verified", "_pos", "_pos_sender_company", "_key_sender_company__entry__company_id", "_pos_sender_company__entry", "_deleted", ROW_NUMBER() OVER (PARTITION BY "consignment_voyage", "consignment_line" ORDER BY "_pos" DESC) AS _rank FROM "stage_rows_sender_report"
) AS ranked WHERE _rank = 1;

-- step 4, sender_report
DELETE FROM "newest_rows_sender_report" USING "public"."sender_report" AS t
WHERE "newest_rows_sender_report"."consignment_voyage" = t."consignment_voyage" AND "newest_rows_sender_report"."consignment_line" = t."consignment_line" AND t."_pos" >= "newest_rows_sender_report"."_pos";

-- step 4, sender_report
DELETE FROM "newest_rows_sender_report" USING "starjoin"."tombstones_sender_report" AS b
WHERE "newest_rows_sender_report"."consignment_voyage" = b."consignment_voyage" AND "newest_rows_sender_report"."consignment_line" = b."consignment_line" AND b."_pos" >= "newest_rows_sender_report"."_pos";

-- step 5, sender_report
DELETE FROM "public"."sender_report" USING "newest_rows_sender_report" AS n
WHERE "public"."sender_report"."consignment_voyage" = n."consignment_voyage" AND "public"."sender_report"."consignment_line" = n."consignment_line";

-- step 5, sender_report
INSERT INTO "public"."sender_report" ("consignment_line", "consignment_voyage", "sender", "verified", "_pos", "_pos_sender_company", "_key_sender_company__entry__company_id", "_pos_sender_company__entry")
SELECT "consignment_line", "consignment_voyage", "sender", "verified", "_pos", "_pos_sender_company", "_key_sender_company__entry__company_id", "_pos_sender_company__entry" FROM "newest_rows_sender_report" WHERE NOT "_deleted";

-- step 5, sender_report
DELETE FROM "starjoin"."tombstones_sender_report" USING "newest_rows_sender_report" AS n
WHERE "starjoin"."tombstones_sender_report"."consignment_voyage" = n."consignment_voyage" AND "starjoin"."tombstones_sender_report"."consignment_line" = n."consignment_line";

-- step 5, sender_report
INSERT INTO "starjoin"."tombstones_sender_report" ("consignment_voyage", "consignment_line", "_pos")
SELECT "consignment_voyage", "consignment_line", "_pos" FROM "newest_rows_sender_report" WHERE "_deleted";

-- step 3, region
INSERT INTO "newest_dimension_region" ("country", "code", "title", "_pos", "_deleted")
SELECT "country", "code", "title", "_pos", "_deleted" FROM (
  SELECT "country", "code", "title", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "country", "code" ORDER BY "_pos" DESC) AS _rank FROM "stage_dimension_region"
) AS ranked WHERE _rank = 1;

-- step 4, region
DELETE FROM "newest_dimension_region" USING "starjoin"."dimension_region" AS d
WHERE "newest_dimension_region"."country" = d."country" AND "newest_dimension_region"."code" = d."code" AND d."_pos" >= "newest_dimension_region"."_pos";

-- step 5, region
DELETE FROM "starjoin"."dimension_region" USING "newest_dimension_region" AS n
WHERE "starjoin"."dimension_region"."country" = n."country" AND "starjoin"."dimension_region"."code" = n."code";

-- step 5, region
INSERT INTO "starjoin"."dimension_region" ("country", "code", "title", "_pos", "_deleted")
SELECT "country", "code", "title", "_pos", "_deleted" FROM "newest_dimension_region";

-- step 3, port
INSERT INTO "newest_dimension_port" ("port_id", "country", "region_code", "harbour", "depth", "surveyed", "_pos", "_deleted")
SELECT "port_id", "country", "region_code", "harbour", "depth", "surveyed", "_pos", "_deleted" FROM (
  SELECT "port_id", "country", "region_code", "harbour", "depth", "surveyed", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "port_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_dimension_port"
) AS ranked WHERE _rank = 1;

-- step 4, port
DELETE FROM "newest_dimension_port" USING "starjoin"."dimension_port" AS d
WHERE "newest_dimension_port"."port_id" = d."port_id" AND d."_pos" >= "newest_dimension_port"."_pos";

-- step 5, port
DELETE FROM "starjoin"."dimension_port" USING "newest_dimension_port" AS n
WHERE "starjoin"."dimension_port"."port_id" = n."port_id";

-- step 5, port
INSERT INTO "starjoin"."dimension_port" ("port_id", "country", "region_code", "harbour", "depth", "surveyed", "_pos", "_deleted")
SELECT "port_id", "country", "region_code", "harbour", "depth", "surveyed", "_pos", "_deleted" FROM "newest_dimension_port";

-- step 3, register
INSERT INTO "newest_dimension_register" ("company_id", "number", "verified", "_pos", "_deleted")
SELECT "company_id", "number", "verified", "_pos", "_deleted" FROM (
  SELECT "company_id", "number", "verified", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "company_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_dimension_register"
) AS ranked WHERE _rank = 1;

-- step 4, register
DELETE FROM "newest_dimension_register" USING "starjoin"."dimension_register" AS d
WHERE "newest_dimension_register"."company_id" = d."company_id" AND d."_pos" >= "newest_dimension_register"."_pos";

-- step 5, register
DELETE FROM "starjoin"."dimension_register" USING "newest_dimension_register" AS n
WHERE "starjoin"."dimension_register"."company_id" = n."company_id";

-- step 5, register
INSERT INTO "starjoin"."dimension_register" ("company_id", "number", "verified", "_pos", "_deleted")
SELECT "company_id", "number", "verified", "_pos", "_deleted" FROM "newest_dimension_register";

-- step 6, company
INSERT INTO "newest_patches_company" ("company_id", "trade_name", "home", "_pos", "_deleted")
SELECT "company_id", "trade_name", "home", "_pos", "_deleted" FROM (
  SELECT "company_id", "trade_name", "home", "_pos", "_deleted", ROW_NUMBER() OVER (PARTITION BY "company_id" ORDER BY "_pos" DESC) AS _rank FROM "stage_patches_company"
) AS ranked WHERE _rank = 1;

-- step 6, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_sender_company" = q."_pos",
  "sender_id" = CASE WHEN NOT q."_deleted" THEN q."company_id" END,
  "sender_name" = q."trade_name",
  "_key_sender_company__home_port__home" = q."home",
  "sender_region" = NULL,
  "sender_number" = NULL,
  "_key_sender_company__home_port__region__country" = NULL,
  "_key_sender_company__home_port__region__region_code" = NULL,
  "_pos_sender_company__home_port" = '00000000000000000000000000000000000000000000',
  "_pos_sender_company__entry" = '00000000000000000000000000000000000000000000',
  "_pos_sender_company__home_port__region" = '00000000000000000000000000000000000000000000'
FROM "newest_patches_company" AS q
WHERE "reports"."consignment_report"."_key_sender_company__sender" = q."company_id" AND "reports"."consignment_report"."_pos_sender_company" < q."_pos";

-- step 6, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_receiver_company" = q."_pos",
  "receiver_name" = q."trade_name",
  "_key_receiver_company__home_port__home" = q."home",
  "receiver_harbour" = NULL,
  "_pos_receiver_company__home_port" = '00000000000000000000000000000000000000000000'
FROM "newest_patches_company" AS q
WHERE "reports"."consignment_report"."receiver" = q."company_id" AND "reports"."consignment_report"."_pos_receiver_company" < q."_pos";

-- step 6, sender_report
UPDATE "public"."sender_report" SET
  "_pos_sender_company" = q."_pos",
  "_key_sender_company__entry__company_id" = CASE WHEN NOT q."_deleted" THEN q."company_id" END,
  "verified" = NULL,
  "_pos_sender_company__entry" = '00000000000000000000000000000000000000000000'
FROM "newest_patches_company" AS q
WHERE "public"."sender_report"."sender" = q."company_id" AND "public"."sender_report"."_pos_sender_company" < q."_pos";

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_origin_port" = q."_pos",
  "origin_depth" = q."depth",
  "origin_surveyed" = q."surveyed",
  "origin_country" = q."country",
  "_key_origin_port__region__region_code" = q."region_code",
  "origin_region" = NULL,
  "_pos_origin_port__region" = '00000000000000000000000000000000000000000000'
FROM "newest_dimension_port" AS q
WHERE "reports"."consignment_report"."_key_origin_port__origin" = q."port_id" AND "reports"."consignment_report"."_pos_origin_port" < q."_pos";

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_origin_port" = q."_pos",
  "origin_depth" = q."depth",
  "origin_surveyed" = q."surveyed",
  "origin_country" = q."country",
  "_key_origin_port__region__region_code" = q."region_code",
  "origin_region" = NULL,
  "_pos_origin_port__region" = '00000000000000000000000000000000000000000000'
FROM "starjoin"."dimension_port" AS q
WHERE "reports"."consignment_report"."_key_origin_port__origin" = q."port_id" AND "reports"."consignment_report"."_pos_origin_port" = '00000000000000000000000000000000000000000000';

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_sender_company__home_port" = q."_pos",
  "_key_sender_company__home_port__region__country" = q."country",
  "_key_sender_company__home_port__region__region_code" = q."region_code",
  "sender_region" = NULL,
  "_pos_sender_company__home_port__region" = '00000000000000000000000000000000000000000000'
FROM "newest_dimension_port" AS q
WHERE "reports"."consignment_report"."_key_sender_company__home_port__home" = q."port_id" AND "reports"."consignment_report"."_pos_sender_company__home_port" < q."_pos";

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_sender_company__home_port" = q."_pos",
  "_key_sender_company__home_port__region__country" = q."country",
  "_key_sender_company__home_port__region__region_code" = q."region_code",
  "sender_region" = NULL,
  "_pos_sender_company__home_port__region" = '00000000000000000000000000000000000000000000'
FROM "starjoin"."dimension_port" AS q
WHERE "reports"."consignment_report"."_key_sender_company__home_port__home" = q."port_id" AND "reports"."consignment_report"."_pos_sender_company__home_port" = '00000000000000000000000000000000000000000000';

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_sender_company__entry" = q."_pos",
  "sender_number" = q."number"
FROM "newest_dimension_register" AS q
WHERE "reports"."consignment_report"."sender_id" = q."company_id" AND "reports"."consignment_report"."_pos_sender_company__entry" < q."_pos";

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_sender_company__entry" = q."_pos",
  "sender_number" = q."number"
FROM "starjoin"."dimension_register" AS q
WHERE "reports"."consignment_report"."sender_id" = q."company_id" AND "reports"."consignment_report"."_pos_sender_company__entry" = '00000000000000000000000000000000000000000000';

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_receiver_company__home_port" = q."_pos",
  "receiver_harbour" = q."harbour"
FROM "newest_dimension_port" AS q
WHERE "reports"."consignment_report"."_key_receiver_company__home_port__home" = q."port_id" AND "reports"."consignment_report"."_pos_receiver_company__home_port" < q."_pos";

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_receiver_company__home_port" = q."_pos",
  "receiver_harbour" = q."harbour"
FROM "starjoin"."dimension_port" AS q
WHERE "reports"."consignment_report"."_key_receiver_company__home_port__home" = q."port_id" AND "reports"."consignment_report"."_pos_receiver_company__home_port" = '00000000000000000000000000000000000000000000';

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_origin_port__region" = q."_pos",
  "origin_region" = q."title"
FROM "newest_dimension_region" AS q
WHERE "reports"."consignment_report"."origin_country" = q."country" AND "reports"."consignment_report"."_key_origin_port__region__region_code" = q."code" AND "reports"."consignment_report"."_pos_origin_port__region" < q."_pos";

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_origin_port__region" = q."_pos",
  "origin_region" = q."title"
FROM "starjoin"."dimension_region" AS q
WHERE "reports"."consignment_report"."origin_country" = q."country" AND "reports"."consignment_report"."_key_origin_port__region__region_code" = q."code" AND "reports"."consignment_report"."_pos_origin_port__region" = '00000000000000000000000000000000000000000000';

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_sender_company__home_port__region" = q."_pos",
  "sender_region" = q."title"
FROM "newest_dimension_region" AS q
WHERE "reports"."consignment_report"."_key_sender_company__home_port__region__country" = q."country" AND "reports"."consignment_report"."_key_sender_company__home_port__region__region_code" = q."code" AND "reports"."consignment_report"."_pos_sender_company__home_port__region" < q."_pos";

-- step 7, consignment_report
UPDATE "reports"."consignment_report" SET
  "_pos_sender_company__home_port__region" = q."_pos",
  "sender_region" = q."title"
FROM "starjoin"."dimension_region" AS q
WHERE "reports"."consignment_report"."_key_sender_company__home_port__region__country" = q."country" AND "reports"."consignment_report"."_key_sender_company__home_port__region__region_code" = q."code" AND "reports"."consignment_report"."_pos_sender_company__home_port__region" = '00000000000000000000000000000000000000000000';

-- step 7, sender_report
UPDATE "public"."sender_report" SET
  "_pos_sender_company__entry" = q."_pos",
  "verified" = q."verified"
FROM "newest_dimension_register" AS q
WHERE "public"."sender_report"."_key_sender_company__entry__company_id" = q."company_id" AND "public"."sender_report"."_pos_sender_company__entry" < q."_pos";

-- step 7, sender_report
UPDATE "public"."sender_report" SET
  "_pos_sender_company__entry" = q."_pos",
  "verified" = q."verified"
FROM "starjoin"."dimension_register" AS q
WHERE "public"."sender_report"."_key_sender_company__entry__company_id" = q."company_id" AND "public"."sender_report"."_pos_sender_company__entry" = '00000000000000000000000000000000000000000000';
