-- Run once in the PostgreSQL behind the emulator, so that it behaves like a Redshift database.
--
-- Lengths: a CHECK per column of characters or bytes, made by an event trigger, so that CREATE
-- TABLE, LIKE, CTAS and ALTER TABLE all get it, and counted in bytes, as Redshift counts.
-- Writers: a transaction that writes a table blocks every other writer of it until its end, as on
-- Redshift. A statement trigger takes the lock, so it is taken after the statement's snapshot.

SET allow_system_table_mods = on;
CREATE SCHEMA redshift_emulator;
GRANT USAGE ON SCHEMA redshift_emulator TO PUBLIC;

-- VARBYTE: PostgreSQL's bytea with a length.
CREATE TYPE pg_catalog.varbyte;
CREATE FUNCTION redshift_emulator.varbyte_in(cstring) RETURNS varbyte IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'byteain';
CREATE FUNCTION redshift_emulator.varbyte_out(varbyte) RETURNS cstring IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'byteaout';
CREATE TYPE pg_catalog.varbyte (
    INPUT = redshift_emulator.varbyte_in, OUTPUT = redshift_emulator.varbyte_out,
    TYPMOD_IN = varchartypmodin, TYPMOD_OUT = varchartypmodout, LIKE = bytea);
CREATE CAST (varbyte AS bytea) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (bytea AS varbyte) WITHOUT FUNCTION AS ASSIGNMENT;
-- Text is cast to its bytes in UTF-8; both types look alike inside.
CREATE CAST (text AS varbyte) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (varchar AS varbyte) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE FUNCTION redshift_emulator.as_text(varbyte) RETURNS text IMMUTABLE STRICT LANGUAGE sql
    AS $$ SELECT convert_from($1::bytea, 'UTF8') $$;
CREATE CAST (varbyte AS text) WITH FUNCTION redshift_emulator.as_text(varbyte);
CREATE FUNCTION pg_catalog.from_hex(text) RETURNS varbyte IMMUTABLE STRICT LANGUAGE sql
    AS $$ SELECT decode($1, 'hex')::varbyte $$;
CREATE FUNCTION pg_catalog.to_hex(varbyte) RETURNS text IMMUTABLE STRICT LANGUAGE sql
    AS $$ SELECT encode($1::bytea, 'hex') $$;
CREATE FUNCTION pg_catalog.len(varbyte) RETURNS integer
    IMMUTABLE STRICT PARALLEL SAFE LANGUAGE internal AS 'byteaoctetlen';
CREATE FUNCTION pg_catalog.to_varbyte(text, text) RETURNS varbyte IMMUTABLE STRICT LANGUAGE plpgsql
AS $$
BEGIN
    CASE lower($2)
    WHEN 'hex' THEN RETURN decode(repeat('0', length($1) % 2) || $1, 'hex');
    WHEN 'utf8', 'utf-8' THEN RETURN convert_to($1, 'UTF8');
    ELSE RAISE EXCEPTION USING ERRCODE = '22023',
        MESSAGE = format('format "%s" of to_varbyte is not imitated', $2);
    END CASE;
END
$$;

-- What these make of VARBYTE is VARBYTE, and no bytea.
CREATE FUNCTION redshift_emulator.concatenate(varbyte, varbyte) RETURNS varbyte
    IMMUTABLE STRICT PARALLEL SAFE LANGUAGE internal AS 'byteacat';
CREATE OPERATOR pg_catalog.|| (
    FUNCTION = redshift_emulator.concatenate, LEFTARG = varbyte, RIGHTARG = varbyte);
CREATE FUNCTION pg_catalog.concat(varbyte, varbyte) RETURNS varbyte
    IMMUTABLE STRICT PARALLEL SAFE LANGUAGE internal AS 'byteacat';
CREATE FUNCTION pg_catalog.substring(varbyte, integer, integer) RETURNS varbyte
    IMMUTABLE STRICT PARALLEL SAFE LANGUAGE internal AS 'bytea_substr';
CREATE FUNCTION redshift_emulator.larger(varbyte, varbyte) RETURNS varbyte
    IMMUTABLE STRICT PARALLEL SAFE LANGUAGE internal AS 'bytea_larger';
CREATE FUNCTION redshift_emulator.smaller(varbyte, varbyte) RETURNS varbyte
    IMMUTABLE STRICT PARALLEL SAFE LANGUAGE internal AS 'bytea_smaller';
CREATE AGGREGATE pg_catalog.max(varbyte) (SFUNC = redshift_emulator.larger, STYPE = varbyte);
CREATE AGGREGATE pg_catalog.min(varbyte) (SFUNC = redshift_emulator.smaller, STYPE = varbyte);

CREATE FUNCTION redshift_emulator.queue_writers() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, redshift_emulator AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(TG_RELID::bigint);
    RETURN NULL;
END
$$;

-- VARCHAR and VARBYTE count less than their declared length, and how much less is not documented.
CREATE FUNCTION redshift_emulator.fixed_width(relation oid) RETURNS bigint STABLE LANGUAGE sql
    SET search_path = pg_catalog, redshift_emulator AS $$
    SELECT coalesce(sum(CASE WHEN attlen > 0 THEN attlen WHEN atttypid = 1700 THEN 16
                             WHEN atttypid = 1042 THEN atttypmod - 4 ELSE 0 END), 0)
    FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;

CREATE FUNCTION redshift_emulator.refuse_wide_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'XX000', MESSAGE = '8001', DETAIL =
        'The combined length of columns processed in the SQL statement exceeded the '
        'query-processing limit of 65535 characters (pid:' || pg_backend_pid() || ')';
END
$$;

CREATE FUNCTION redshift_emulator.shape_table(relation oid) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, redshift_emulator AS $$
DECLARE
    kind record;
    col record;
    wanted text;
    others text;
BEGIN
    SELECT relkind, relpersistence, relname INTO kind FROM pg_class WHERE oid = relation;
    IF NOT FOUND OR kind.relkind <> 'r' THEN
        RETURN;
    END IF;
    FOR col IN
        SELECT a.attnum, a.attname, a.atttypmod - 4 AS bytes,
               CASE a.atttypid WHEN 1043 THEN 'varying' WHEN 1042 THEN 'char' ELSE 'byte' END
                   AS family
        FROM pg_attribute a
        WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
          AND a.atttypid IN (1042, 1043, 'varbyte'::regtype) AND a.atttypmod > 4
    LOOP
        wanted := format('redshift_bytes_%s_%s_%s', col.attnum, col.family, col.bytes);
        IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = relation AND conname = wanted) THEN
            CONTINUE;
        END IF;
        SELECT string_agg(format('DROP CONSTRAINT %I, ', c.conname), '') INTO others
        FROM pg_constraint c
        WHERE c.conrelid = relation AND c.conkey = ARRAY[col.attnum]
          AND c.conname ~ '^redshift_(bytes|ascii)_';
        -- One statement, because it fires this trigger again, which must find nothing to do. Checks
        -- run in the order of their names: characters of several bytes are refused before lengths.
        EXECUTE format('ALTER TABLE %s %s ADD CONSTRAINT %I CHECK (octet_length(%I) <= %s)%s',
                       relation::regclass, others, wanted, col.attname, col.bytes,
                       CASE WHEN col.family = 'char' THEN
                           format(', ADD CONSTRAINT redshift_ascii_%s CHECK '
                                  '(octet_length(%I::text) = char_length(%I::text))',
                                  col.attnum, col.attname, col.attname) ELSE '' END);
    END LOOP;
    IF redshift_emulator.fixed_width(relation) > 65535
       AND NOT EXISTS (SELECT FROM pg_trigger
                       WHERE tgrelid = relation AND tgname = 'redshift_too_wide') THEN
        EXECUTE format('CREATE TRIGGER redshift_too_wide BEFORE INSERT ON %s FOR EACH STATEMENT '
                       'EXECUTE FUNCTION redshift_emulator.refuse_wide_rows()',
                       relation::regclass);
    END IF;
    IF kind.relpersistence = 'p'
       AND NOT EXISTS (SELECT FROM pg_trigger
                       WHERE tgrelid = relation AND tgname = 'redshift_queue_writers') THEN
        EXECUTE format('CREATE TRIGGER redshift_queue_writers BEFORE INSERT OR UPDATE OR DELETE '
                       'ON %s FOR EACH STATEMENT EXECUTE FUNCTION redshift_emulator.queue_writers()',
                       relation::regclass);
    END IF;
END
$$;

CREATE FUNCTION redshift_emulator.shape_tables() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM redshift_emulator.shape_table(c.objid)
    FROM pg_event_trigger_ddl_commands() c
    WHERE c.classid = 'pg_class'::regclass AND c.object_type IN ('table', 'table column');
END
$$;

CREATE EVENT TRIGGER redshift_shape_tables ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
    EXECUTE FUNCTION redshift_emulator.shape_tables();

-- A distribution or sort key is kept as a constraint of its column, which goes with the column.
CREATE FUNCTION redshift_emulator.keep_keys() RETURNS event_trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, redshift_emulator AS $$
DECLARE
    dropped record;
BEGIN
    FOR dropped IN
        SELECT substring(k.address_names[3] from 'redshift_(distkey|sortkey)') AS kind,
               c.address_names[3] AS name
        FROM pg_event_trigger_dropped_objects() c
        JOIN pg_event_trigger_dropped_objects() k
          ON k.object_type = 'table constraint' AND k.address_names[3] ~ '^redshift_(dist|sort)key'
        WHERE c.object_type = 'table column' AND c.original
    LOOP
        RAISE EXCEPTION USING ERRCODE = '0A000',
            MESSAGE = format('cannot drop %s column "%s"', dropped.kind, dropped.name);
    END LOOP;
END
$$;

CREATE EVENT TRIGGER redshift_keep_keys ON sql_drop WHEN TAG IN ('ALTER TABLE')
    EXECUTE FUNCTION redshift_emulator.keep_keys();

-- Comparisons ignore trailing blanks, in VARCHAR as in CHAR. The
-- functions are those that PostgreSQL has for CHAR; both types look alike inside.
CREATE FUNCTION redshift_emulator.eq(varchar, varchar) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'bpchareq';
CREATE FUNCTION redshift_emulator.ne(varchar, varchar) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'bpcharne';
CREATE FUNCTION redshift_emulator.lt(varchar, varchar) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'bpcharlt';
CREATE FUNCTION redshift_emulator.le(varchar, varchar) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'bpcharle';
CREATE FUNCTION redshift_emulator.gt(varchar, varchar) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'bpchargt';
CREATE FUNCTION redshift_emulator.ge(varchar, varchar) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'bpcharge';
CREATE FUNCTION redshift_emulator.cmp(varchar, varchar) RETURNS integer IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'bpcharcmp';
CREATE FUNCTION redshift_emulator.hash(varchar) RETURNS integer IMMUTABLE STRICT PARALLEL SAFE
    LANGUAGE internal AS 'hashbpchar';
CREATE OPERATOR pg_catalog.= (
    FUNCTION = redshift_emulator.eq, LEFTARG = varchar, RIGHTARG = varchar,
    COMMUTATOR = OPERATOR(pg_catalog.=),
    NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR pg_catalog.<> (
    FUNCTION = redshift_emulator.ne, LEFTARG = varchar, RIGHTARG = varchar,
    COMMUTATOR = OPERATOR(pg_catalog.<>),
    NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (
    FUNCTION = redshift_emulator.lt, LEFTARG = varchar, RIGHTARG = varchar,
    COMMUTATOR = OPERATOR(pg_catalog.>),
    NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (
    FUNCTION = redshift_emulator.le, LEFTARG = varchar, RIGHTARG = varchar,
    COMMUTATOR = OPERATOR(pg_catalog.>=),
    NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (
    FUNCTION = redshift_emulator.gt, LEFTARG = varchar, RIGHTARG = varchar,
    COMMUTATOR = OPERATOR(pg_catalog.<),
    NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (
    FUNCTION = redshift_emulator.ge, LEFTARG = varchar, RIGHTARG = varchar,
    COMMUTATOR = OPERATOR(pg_catalog.<=),
    NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
CREATE OPERATOR CLASS pg_catalog.redshift_varchar_order DEFAULT FOR TYPE varchar USING btree AS
    OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=,
    OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
    FUNCTION 1 redshift_emulator.cmp(varchar, varchar);
CREATE OPERATOR CLASS pg_catalog.redshift_varchar_hash DEFAULT FOR TYPE varchar USING hash AS
    OPERATOR 1 pg_catalog.=, FUNCTION 1 redshift_emulator.hash(varchar);

-- Functions of Redshift that plain SQL can express.
CREATE FUNCTION pg_catalog.getdate() RETURNS timestamp STABLE LANGUAGE sql
    AS $$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC') $$;
CREATE FUNCTION pg_catalog.len(text) RETURNS integer IMMUTABLE STRICT LANGUAGE sql
    AS $$ SELECT char_length($1) $$;

CREATE FUNCTION pg_catalog.sha2(text, integer) RETURNS text
    IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
    SELECT CASE $2 WHEN 0 THEN encode(sha256(convert_to($1, 'UTF8')), 'hex')
                   WHEN 224 THEN encode(sha224(convert_to($1, 'UTF8')), 'hex')
                   WHEN 256 THEN encode(sha256(convert_to($1, 'UTF8')), 'hex')
                   WHEN 384 THEN encode(sha384(convert_to($1, 'UTF8')), 'hex')
                   WHEN 512 THEN encode(sha512(convert_to($1, 'UTF8')), 'hex')
                   ELSE '' END
$$;
-- Blanks, a sign, 0x where the base is 16, and digits, of which there may be none.
CREATE FUNCTION pg_catalog.strtol(written text, base integer) RETURNS bigint
    IMMUTABLE STRICT PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    digits text;
    worth integer;
    number numeric := 0;
BEGIN
    IF base = 16 AND written ~ '^[0-9a-f]{1,15}$' THEN
        RETURN ('x' || lpad(written, 16, '0'))::bit(64)::bigint;
    END IF;
    IF base NOT BETWEEN 2 AND 36 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE =
            'The base ' || base || ' is not between 2 and 36';
    END IF;
    digits := lower(substring(written from '^[[:space:]]*[+-]?(.*)$'));
    IF base = 16 THEN
        digits := regexp_replace(digits, '^0x', '');
    END IF;
    FOR place IN 1 .. length(digits) LOOP
        worth := strpos('0123456789abcdefghijklmnopqrstuvwxyz', substr(digits, place, 1)) - 1;
        IF worth NOT BETWEEN 0 AND base - 1 THEN
            RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE =
                'The input ' || written || ' is not valid to be converted to base ' || base;
        END IF;
        number := number * base + worth;
    END LOOP;
    IF written ~ '^[[:space:]]*-' THEN
        number := -number;
    END IF;
    IF number NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
        RAISE EXCEPTION USING ERRCODE = '22003', MESSAGE =
            'The input ' || written || ' does not fit 64 bits';
    END IF;
    RETURN number::bigint;
END
$$;

CREATE FUNCTION pg_catalog.db_collation() RETURNS text IMMUTABLE LANGUAGE sql
    AS $$ SELECT 'case_sensitive' $$;

-- SYS_LOAD_ERROR_DETAIL, columns and widths as documented. There is no stl_load_errors: only
-- provisioned clusters have it. The emulator writes it in a session of its own, so that it
-- survives a ROLLBACK.
CREATE TABLE pg_catalog.sys_load_error_detail (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer,
    database_name char(64), table_id integer, start_time timestamp, file_name char(256),
    line_number bigint, column_name char(127), column_type char(10), column_length char(10),
    position integer, error_code integer, error_message char(512)
);
GRANT SELECT ON pg_catalog.sys_load_error_detail TO PUBLIC;

-- Functions of PostgreSQL that Redshift does not have: see "Unsupported PostgreSQL functions". Those
-- that answer on a cluster's leader node all the same, such as generate_series, stay.
UPDATE pg_proc SET pronamespace = 'redshift_emulator'::regnamespace
WHERE pronamespace = 'pg_catalog'::regnamespace
  AND (proname IN ('array_agg', 'clock_timestamp', 'every', 'format', 'gen_random_uuid',
                   'justify_days', 'justify_hours', 'justify_interval', 'regexp_matches',
                   'regexp_split_to_array', 'regexp_split_to_table', 'string_agg',
                   'transaction_timestamp', 'width_bucket', 'xmlagg')
       OR proname ~ '^(pg_sleep|pg_advisory_|pg_try_advisory_|regr_|covar_)');
