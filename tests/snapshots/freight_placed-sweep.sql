-- step 8, region
DELETE FROM "starjoin"."dimension_region" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, port
DELETE FROM "starjoin"."dimension_port" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, register
DELETE FROM "starjoin"."dimension_register" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
DELETE FROM "reports"."consignment_report_base" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
DELETE FROM "starjoin"."tombstones_consignment_report" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
UPDATE "reports"."consignment_report_base" SET
  "_pos_sender_company" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "sender_id" = NULL,
  "sender_name" = NULL,
  "_key_sender_company__home_port__home" = NULL,
  "sender_region" = NULL,
  "sender_number" = NULL,
  "_key_sender_company__home_port__region__country" = NULL,
  "_key_sender_company__home_port__region__region_code" = NULL,
  "_pos_sender_company__home_port" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_pos_sender_company__entry" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_pos_sender_company__home_port__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22))
WHERE "_pos_sender_company" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_sender_company" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
UPDATE "reports"."consignment_report_base" SET
  "_pos_receiver_company" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "receiver_name" = NULL,
  "_key_receiver_company__home_port__home" = NULL,
  "receiver_harbour" = NULL,
  "_pos_receiver_company__home_port" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22))
WHERE "_pos_receiver_company" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_receiver_company" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
UPDATE "reports"."consignment_report_base" SET
  "_pos_origin_port" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "origin_depth" = NULL,
  "origin_surveyed" = NULL,
  "origin_country" = NULL,
  "_key_origin_port__region__region_code" = NULL,
  "origin_region" = NULL,
  "_pos_origin_port__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22))
WHERE "_pos_origin_port" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_origin_port" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
UPDATE "reports"."consignment_report_base" SET
  "_pos_sender_company__home_port" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_sender_company__home_port__region__country" = NULL,
  "_key_sender_company__home_port__region__region_code" = NULL,
  "sender_region" = NULL,
  "_pos_sender_company__home_port__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22))
WHERE "_pos_sender_company__home_port" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_sender_company__home_port" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
UPDATE "reports"."consignment_report_base" SET
  "_pos_sender_company__entry" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "sender_number" = NULL
WHERE "_pos_sender_company__entry" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_sender_company__entry" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
UPDATE "reports"."consignment_report_base" SET
  "_pos_receiver_company__home_port" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "receiver_harbour" = NULL
WHERE "_pos_receiver_company__home_port" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_receiver_company__home_port" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
UPDATE "reports"."consignment_report_base" SET
  "_pos_origin_port__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "origin_region" = NULL
WHERE "_pos_origin_port__region" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_origin_port__region" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, consignment_report
UPDATE "reports"."consignment_report_base" SET
  "_pos_sender_company__home_port__region" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "sender_region" = NULL
WHERE "_pos_sender_company__home_port__region" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_sender_company__home_port__region" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sender_report
DELETE FROM "public"."sender_report_base" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sender_report
DELETE FROM "starjoin"."tombstones_sender_report" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sender_report
UPDATE "public"."sender_report_base" SET
  "_pos_sender_company" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "_key_sender_company__entry__company_id" = NULL,
  "verified" = NULL,
  "_pos_sender_company__entry" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22))
WHERE "_pos_sender_company" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_sender_company" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sender_report
UPDATE "public"."sender_report_base" SET
  "_pos_sender_company__entry" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "verified" = NULL
WHERE "_pos_sender_company__entry" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_sender_company__entry" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));
