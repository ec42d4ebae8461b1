-- step 8, sport_event_activity
DELETE FROM "public"."sport_event_activity_base" WHERE "_pos" < '00020000000000000000000000000000000000000000';

-- step 8, sport_event_activity
DELETE FROM "starjoin"."tombstones_sport_event_activity" WHERE "_pos" < '00020000000000000000000000000000000000000000';

-- step 8, sport_event_activity
UPDATE "public"."sport_event_activity_base" SET
  "_pos_ticket" = '00000000000000000000000000000000000000000000',
  "event_id" = NULL,
  "sport_type" = NULL,
  "start_date" = NULL,
  "location" = NULL,
  "seat_level" = NULL,
  "seat_location" = NULL,
  "ticket_price" = NULL,
  "_pos_ticket__event" = '00000000000000000000000000000000000000000000'
WHERE "_pos_ticket" > '00000000000000000000000000000000000000000000' AND "_pos_ticket" < '00020000000000000000000000000000000000000000';

-- step 8, sport_event_activity
UPDATE "public"."sport_event_activity_base" SET
  "_pos_buyer" = '00000000000000000000000000000000000000000000',
  "name" = NULL,
  "email_address" = NULL,
  "phone_number" = NULL
WHERE "_pos_buyer" > '00000000000000000000000000000000000000000000' AND "_pos_buyer" < '00020000000000000000000000000000000000000000';

-- step 8, sport_event_activity
UPDATE "public"."sport_event_activity_base" SET
  "_pos_ticket__event" = '00000000000000000000000000000000000000000000',
  "sport_type" = NULL,
  "start_date" = NULL,
  "location" = NULL
WHERE "_pos_ticket__event" > '00000000000000000000000000000000000000000000' AND "_pos_ticket__event" < '00020000000000000000000000000000000000000000';
