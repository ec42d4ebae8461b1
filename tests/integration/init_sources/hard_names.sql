-- What real schemas have that examples have not: partitions of partitions, composite keys, reserved
-- words, longest names, comments with everything, generated columns, hidden columns of ours.
CREATE SCHEMA "order";
CREATE SCHEMA archive;
SET search_path = "order";
CREATE TYPE "mood: good?" AS ENUM ('very "good"', 'so-so', 'it''s bad');
CREATE DOMAIN money_amount AS numeric(14,4);
CREATE DOMAIN price AS money_amount NOT NULL DEFAULT 0;
CREATE TYPE full_address AS (street text, town text);

CREATE TABLE "select" (
    "from" integer,
    "group" varchar(12),
    "no" smallint NOT NULL,
    "null" text,
    "order" boolean,
    oid_value integer,
    "oid" varchar(10),
    "_deleted" boolean,
    "_pos" varchar(44),
    "_key_select__group" integer,
    "_set_null" text,
    "PRIMARY" integer,
    "primary" integer,
    "Größe in cm" double precision,
    "名前" varchar(30),
    "42" integer,
    "a.b" integer,
    "it's: ""quoted"" # {here}" varchar(5),
    PRIMARY KEY ("group", "from")
);
COMMENT ON TABLE "select" IS E'First: a line # with "quotes", it''s\n- and a second: [line]\r\n\u0007bell\u2028and more';
COMMENT ON COLUMN "select"."null" IS E'null: ~\n\ttab';
CREATE TABLE this_name_of_a_dimension_is_as_long_as_postgresql_permits_it_63 (
    this_name_of_a_key_column_is_as_long_as_postgresql_permits_it_6 uuid PRIMARY KEY,
    this_name_of_a_text_column_is_as_long_as_postgresql_permits_it_ text,
    "group" varchar(12) NOT NULL,
    "from" integer NOT NULL,
    FOREIGN KEY ("group", "from") REFERENCES "select" ("group", "from")
);
CREATE TABLE binary_key (digest bytea PRIMARY KEY, title varchar(20));
CREATE TABLE case_blind (code varchar(20) PRIMARY KEY, title text);
CREATE TABLE event (
    at timestamptz NOT NULL,
    number bigint NOT NULL,
    owner_this_name_of_a_column_is_as_long_as_postgresql_permits_it uuid
        REFERENCES this_name_of_a_dimension_is_as_long_as_postgresql_permits_it_63,
    "to" integer,
    "to group" varchar(12),
    "back to" integer,
    digest bytea REFERENCES binary_key,
    code varchar(20) REFERENCES case_blind,
    mood "mood: good?",
    amount price,
    amount_with_tax numeric(14,4) GENERATED ALWAYS AS (amount * 1.19) STORED,
    twice bigint GENERATED ALWAYS AS (number * 2) VIRTUAL,
    tags text[] NOT NULL DEFAULT '{}',
    document jsonb,
    plain json,
    valid int4range,
    valid_during tstzmultirange,
    place full_address,
    at_point point,
    network inet,
    device macaddr,
    flags bit(8),
    duration interval,
    opens time,
    opens_somewhere time with time zone,
    huge numeric(60,10),
    tiny numeric(2,5),
    thousands numeric(5,-3),
    whatever numeric,
    wage money,
    position_in_log pg_lsn,
    "xml" xml,
    snapshot pg_snapshot,
    PRIMARY KEY (number, at),
    FOREIGN KEY ("to group", "to") REFERENCES "select" ("group", "from"),
    FOREIGN KEY ("to group", "back to") REFERENCES "select" ("group", "from")
) PARTITION BY RANGE (at);
CREATE TABLE archive.event_2020 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE event_2021 PARTITION OF event FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')
    PARTITION BY HASH (number);
CREATE TABLE event_2021_a PARTITION OF event_2021 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE event_2021_b PARTITION OF event_2021 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
-- Called like a partition, and none: no pattern fits the partitions alone.
CREATE TABLE event_kind (kind smallint PRIMARY KEY, title text);
CREATE UNLOGGED TABLE scratch (id integer PRIMARY KEY);
CREATE TABLE archive."select" (id integer PRIMARY KEY, "group" varchar(12), "from" integer,
    FOREIGN KEY ("group", "from") REFERENCES "order"."select" ("group", "from"));
CREATE TABLE parent_of_others (id bigint PRIMARY KEY, kind smallint REFERENCES event_kind);
CREATE TABLE child_of_others (extra text) INHERITS (parent_of_others);
-- 300 columns, and more bytes than a row of Redshift has.
DO $$ BEGIN
    EXECUTE 'CREATE TABLE wide (id bigint PRIMARY KEY, kind smallint REFERENCES event_kind, ' || (
        SELECT string_agg(format('"Column %s" %s', n, CASE n % 3 WHEN 0 THEN 'varchar(300)'
            WHEN 1 THEN 'text' ELSE 'integer' END), ', ') FROM generate_series(1, 298) n) || ')';
END $$;
-- A whole number that refers to a longer one, and a circle of three.
CREATE TABLE a_of_circle (a bigint PRIMARY KEY, c bigint);
CREATE TABLE b_of_circle (b integer PRIMARY KEY, a integer NOT NULL REFERENCES a_of_circle);
CREATE TABLE c_of_circle (c bigint PRIMARY KEY, b integer NOT NULL REFERENCES b_of_circle);
ALTER TABLE a_of_circle ADD FOREIGN KEY (c) REFERENCES c_of_circle;
CREATE TABLE on_circle (id integer PRIMARY KEY, a integer REFERENCES a_of_circle, b integer REFERENCES b_of_circle);
-- A dimension in partitions, to each of which PostgreSQL adds a foreign key of its own.
CREATE TABLE region (region smallint PRIMARY KEY, title varchar(10)) PARTITION BY LIST (region);
CREATE TABLE region_north PARTITION OF region FOR VALUES IN (1);
CREATE TABLE region_south PARTITION OF region FOR VALUES IN (2);
-- Keys that are none: of columns that may be null, of some rows, of an expression.
CREATE TABLE almost_keys (code integer UNIQUE, state integer NOT NULL, title text NOT NULL);
CREATE UNIQUE INDEX ON almost_keys (state) WHERE state > 0;
CREATE UNIQUE INDEX ON almost_keys (lower(title));
-- Logged by an index, whose included column is no part of the key; and whole.
CREATE TABLE by_index (
    state integer NOT NULL, code integer NOT NULL, region smallint NOT NULL REFERENCES region,
    title text, UNIQUE (code) INCLUDE (state)
);
ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_code_state_key;
CREATE TABLE whole_rows (
    id integer PRIMARY KEY, document jsonb, code varchar(20) REFERENCES case_blind
);
ALTER TABLE whole_rows REPLICA IDENTITY FULL;
INSERT INTO "select" ("from", "group", "no") SELECT n, 'g' || n, 1 FROM generate_series(1, 10) n;
INSERT INTO event_kind VALUES (1, 'kind');
INSERT INTO wide (id, kind, "Column 1") SELECT n, 1, 'text' FROM generate_series(1, 20) n;
ANALYZE;
