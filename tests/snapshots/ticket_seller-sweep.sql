-- step 8, sport_event_activity
DELETE FROM "public"."sport_event_activity_base" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sport_event_activity
DELETE FROM "starjoin"."tombstones_sport_event_activity" WHERE "_pos" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sport_event_activity
UPDATE "public"."sport_event_activity_base" SET
  "_pos_ticket" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "event_id" = NULL,
  "sport_type" = NULL,
  "start_date" = NULL,
  "location" = NULL,
  "seat_level" = NULL,
  "seat_location" = NULL,
  "ticket_price" = NULL,
  "_pos_ticket__event" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22))
WHERE "_pos_ticket" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_ticket" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sport_event_activity
UPDATE "public"."sport_event_activity_base" SET
  "_pos_buyer" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "name" = NULL,
  "email_address" = NULL,
  "phone_number" = NULL
WHERE "_pos_buyer" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_buyer" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));

-- step 8, sport_event_activity
UPDATE "public"."sport_event_activity_base" SET
  "_pos_ticket__event" = CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)),
  "sport_type" = NULL,
  "start_date" = NULL,
  "location" = NULL
WHERE "_pos_ticket__event" > CAST(FROM_HEX('00000000000000000000000000000000000000000000') AS VARBYTE(22)) AND "_pos_ticket__event" < CAST(FROM_HEX('00020000000000000000000000000000000000000000') AS VARBYTE(22));
