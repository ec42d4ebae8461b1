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
CREATE FUNCTION pg_catalog.from_hex(text) RETURNS varbyte IMMUTABLE STRICT LANGUAGE sql
    AS $$ SELECT decode($1, 'hex')::varbyte $$;
CREATE FUNCTION pg_catalog.to_hex(varbyte) RETURNS text IMMUTABLE STRICT LANGUAGE sql
    AS $$ SELECT encode($1::bytea, 'hex') $$;

CREATE FUNCTION redshift_emulator.queue_writers() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, redshift_emulator AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(TG_RELID::bigint);
    RETURN NULL;
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
        WHERE c.conrelid = relation
          AND c.conname LIKE format('redshift$_bytes$_%s$_%%', col.attnum) ESCAPE '$';
        -- One statement, because it fires this trigger again, which must find nothing to do.
        EXECUTE format('ALTER TABLE %s %s ADD CONSTRAINT %I CHECK (octet_length(%I) <= %s)',
                       relation::regclass, others, wanted, col.attname, col.bytes);
    END LOOP;
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

-- Open transactions with their locks, columns as documented; an ordinary user sees his own.
CREATE VIEW pg_catalog.svv_transactions AS
    SELECT a.usename::text AS txn_owner, a.datname::text AS txn_db,
           a.backend_xid::text::bigint AS xid, l.pid, a.xact_start::timestamp AS txn_start,
           l.mode AS lock_mode, l.locktype AS lockable_object_type, l.relation::bigint::integer
           AS relation, l.granted
    FROM pg_locks l
    JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype IN ('relation', 'transactionid')
      AND (a.usename = current_user
           OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user));
GRANT SELECT ON pg_catalog.svv_transactions TO PUBLIC;

-- Functions of PostgreSQL that Redshift does not have: see "Unsupported PostgreSQL functions". Those
-- that answer on a cluster's leader node all the same, such as generate_series, stay.
UPDATE pg_proc SET pronamespace = 'redshift_emulator'::regnamespace
WHERE pronamespace = 'pg_catalog'::regnamespace
  AND (proname IN ('array_agg', 'clock_timestamp', 'every', 'format', 'gen_random_uuid',
                   'justify_days', 'justify_hours', 'justify_interval', 'regexp_matches',
                   'regexp_split_to_array', 'regexp_split_to_table', 'string_agg',
                   'transaction_timestamp', 'width_bucket', 'xmlagg')
       OR proname ~ '^(pg_sleep|pg_advisory_|pg_try_advisory_|regr_|covar_)');
