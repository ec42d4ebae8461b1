-- Redshift's system views, columns as documented; what the emulator cannot know is NULL. Run once,
-- after `objects.sql`.

-- The default of an IDENTITY column, as a cluster writes it.
DO $$
DECLARE
    shown text := pg_get_viewdef('information_schema.columns'::regclass);
    found text := 'pg_get_expr(ad.adbin, ad.adrelid)';
    place integer := strpos(shown, found);
BEGIN
    ASSERT place > 0, 'information_schema.columns is another view than the emulator knows';
    EXECUTE 'CREATE OR REPLACE VIEW information_schema.columns AS ' || overlay(shown PLACING
        $sql$CASE a.attidentity
            WHEN 'a' THEN '"identity"(' || c.oid || $t$, 0, '1,1'::text)$t$
            WHEN 'd' THEN 'default_identity(' || c.oid || $t$, 0, '1,1'::text)$t$
            ELSE pg_get_expr(ad.adbin, ad.adrelid) END$sql$
        FROM place FOR length(found));
END
$$;

-- One row for each column of a table: the constraints that `placement.py` keeps about it.
CREATE VIEW redshift_emulator.placed_columns AS
    SELECT c.oid AS relation, n.nspname, c.relname, a.attnum, a.attname, a.attnotnull, a.atttypid,
           a.atttypmod,
           replace(replace(format_type(a.atttypid, a.atttypmod), 'varbyte', 'binary varying'),
                   'jsonb', 'super') AS type_name,
           bool_or(k.conname = 'redshift_distkey') IS TRUE AS distkey,
           coalesce(max(substring(k.conname from 'redshift_sortkey_([0-9]+)')::integer), 0) AS sortkey,
           max(substring(k.conname from 'redshift_encode_([a-z0-9]+)')) AS encoding
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.conkey = ARRAY[a.attnum]
         AND k.conname LIKE 'redshift@_%' ESCAPE '@'
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg@_toast%' ESCAPE '@' AND n.nspname <> 'redshift_late_binding'
    GROUP BY c.oid, n.nspname, c.relname, a.attnum, a.attname, a.attnotnull, a.atttypid, a.atttypmod;

-- The encoding that a column without one gets, see "Compression encodings".
CREATE FUNCTION redshift_emulator.encoding_of(sortkey integer, type_name text, encoding text)
    RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE WHEN encoding IN ('raw', 'auto') THEN 'none' WHEN encoding IS NOT NULL THEN encoding
                WHEN sortkey > 0 OR type_name IN ('boolean', 'real', 'double precision') THEN 'none'
                WHEN type_name ~ '^(char|super|binary)' THEN 'lzo' ELSE 'az64' END
$$;

CREATE FUNCTION redshift_emulator.count_rows(relation oid) RETURNS bigint LANGUAGE plpgsql
    SET search_path = pg_catalog, redshift_emulator AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', relation::regclass) INTO found;
    RETURN found;
END
$$;

-- Tables of the schemas in the search path.
CREATE VIEW pg_catalog.pg_table_def AS
    SELECT nspname AS schemaname, relname AS tablename, attname AS "column",
           type_name::varchar AS type,
           redshift_emulator.encoding_of(sortkey, type_name, encoding)::varchar AS encoding,
           distkey, sortkey, attnotnull AS notnull
    FROM redshift_emulator.placed_columns
    WHERE nspname = ANY (current_schemas(false)) OR pg_table_is_visible(relation);

-- Tables that are not empty.
CREATE VIEW pg_catalog.svv_table_info AS
    SELECT current_database()::varchar AS database, p.nspname::varchar AS schema,
           p.relation::bigint::integer AS table_id, p.relname::varchar AS "table",
           CASE WHEN bool_or(p.encoding IS NOT NULL) THEN 'Y' ELSE 'Y, AUTO(ENCODE)' END AS encoded,
           coalesce('KEY(' || max(p.attname::text) FILTER (WHERE p.distkey) || ')',
                    (SELECT upper(substring(k.conname from 'redshift_diststyle_(.*)'))
                     FROM pg_constraint k WHERE k.conrelid = p.relation
                     AND k.conname LIKE 'redshift@_diststyle@_%' ESCAPE '@'),
                    'AUTO(ALL)') AS diststyle,
           coalesce(max(p.attname::text) FILTER (WHERE p.sortkey = 1), 'AUTO(SORTKEY)') AS sortkey1,
           coalesce(max(p.atttypmod - 4) FILTER (WHERE p.atttypid = 1043), 0) AS max_varchar,
           max(redshift_emulator.encoding_of(p.sortkey, p.type_name, p.encoding))
               FILTER (WHERE p.sortkey = 1) AS sortkey1_enc,
           max(p.sortkey) AS sortkey_num,
           ceil(pg_total_relation_size(p.relation) / 1048576.0)::bigint AS size,
           NULL::numeric(10, 4) AS pct_used, 0::bigint AS empty, NULL::numeric(5, 2) AS unsorted,
           NULL::numeric(5, 2) AS stats_off,
           redshift_emulator.count_rows(p.relation)::numeric(38, 0) AS tbl_rows,
           NULL::numeric(19, 2) AS skew_sortkey1, NULL::numeric(19, 2) AS skew_rows,
           redshift_emulator.count_rows(p.relation)::numeric(38, 0) AS estimated_visible_rows,
           NULL::varchar AS risk_event, NULL::numeric(12, 2) AS vacuum_sort_benefit,
           NULL::timestamp AS create_time
    FROM redshift_emulator.placed_columns p
    WHERE has_table_privilege(p.relation, 'SELECT')
    GROUP BY p.relation, p.nspname, p.relname
    HAVING redshift_emulator.count_rows(p.relation) > 0;

CREATE VIEW pg_catalog.svv_all_tables AS
    SELECT DISTINCT current_database()::varchar AS database_name, nspname::varchar AS schema_name,
           relname::varchar AS table_name, 'TABLE'::varchar AS table_type, NULL::varchar AS table_acl,
           NULL::varchar AS remarks
    FROM redshift_emulator.placed_columns WHERE has_table_privilege(relation, 'SELECT');

CREATE VIEW pg_catalog.svv_all_columns AS
    SELECT table_catalog::varchar AS database_name, table_schema::varchar AS schema_name,
           table_name::varchar AS table_name, column_name::varchar AS column_name,
           ordinal_position::integer AS ordinal_position, column_default::varchar AS column_default,
           is_nullable::varchar AS is_nullable, data_type::varchar AS data_type,
           character_maximum_length::integer AS character_maximum_length,
           numeric_precision::integer AS numeric_precision, numeric_scale::integer AS numeric_scale,
           NULL::varchar AS remarks
    FROM information_schema.columns;

-- Locks on tables. A writer holds and waits for ShareRowExclusiveLock on a cluster; here the queue of
-- writers (`objects.sql`) is an advisory lock under the table's number.
CREATE VIEW redshift_emulator.table_locks AS
    SELECT pid, granted, CASE locktype WHEN 'advisory' THEN objid ELSE relation END AS relation,
           CASE locktype WHEN 'advisory' THEN 'ShareRowExclusiveLock' ELSE mode END AS mode,
           CASE locktype WHEN 'advisory' THEN 'relation' ELSE locktype END AS locktype
    FROM pg_locks
    WHERE locktype IN ('relation', 'transactionid') OR (locktype = 'advisory' AND objsubid = 1);

-- Open transactions with their locks; an ordinary user sees his own.
CREATE VIEW pg_catalog.svv_transactions AS
    SELECT a.usename::text AS txn_owner, a.datname::text AS txn_db,
           a.backend_xid::text::bigint AS xid, l.pid, a.xact_start::timestamp AS txn_start,
           l.mode AS lock_mode, l.locktype AS lockable_object_type, l.relation::bigint::integer
           AS relation, l.granted
    FROM redshift_emulator.table_locks l
    JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE a.usename = current_user
       OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);

-- Who holds a table that somebody writes to or has locked.
CREATE VIEW pg_catalog.stv_locks AS
    SELECT l.relation::bigint::integer AS table_id, NULL::timestamp AS last_commit,
           NULL::timestamp AS last_update, a.backend_xid::text::bigint AS lock_owner,
           l.pid AS lock_owner_pid, a.xact_start::timestamp AS lock_owner_start_ts,
           NULL::timestamp AS lock_owner_end_ts, 'Holding write lock'::varchar AS lock_status
    FROM redshift_emulator.table_locks l
    JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.granted AND l.mode IN ('ShareRowExclusiveLock', 'AccessExclusiveLock');

-- An ordinary user sees his own row. The session timeout is kept as PostgreSQL's, in milliseconds,
-- which ends idle sessions as well.
CREATE VIEW pg_catalog.svv_user_info AS
    SELECT r.rolname::text AS user_name, r.oid::bigint::integer AS user_id, r.rolcreatedb AS createdb,
           r.rolsuper AS superuser, false AS catalog_update,
           CASE WHEN r.rolconnlimit < 0 THEN 'UNLIMITED' ELSE r.rolconnlimit::text END
           AS connection_limit, 'RESTRICTED'::text AS syslog_access,
           NULL::timestamp AS last_ddl_timestamp,
           coalesce((SELECT max(substring(c from '^idle_session_timeout=([0-9]+)$')::integer) / 1000
                     FROM unnest(r.rolconfig) AS c), 0) AS session_timeout,
           NULL::text AS external_user_id
    FROM pg_roles r
    WHERE r.rolname = current_user
       OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);

GRANT SELECT ON pg_catalog.svv_user_info, pg_catalog.pg_table_def, pg_catalog.svv_table_info, pg_catalog.svv_all_tables,
    pg_catalog.svv_all_columns, pg_catalog.svv_transactions, pg_catalog.stv_locks TO PUBLIC;
