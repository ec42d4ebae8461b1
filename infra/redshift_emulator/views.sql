-- Views as Redshift has them. Run once, after `catalogue.sql`.
--
-- A late-binding view selects from a function that runs its query, with the rights of the view's
-- owner and by the names that it is written with. So PostgreSQL knows of no dependency, and finds
-- out whether the tables are there when the view is queried.

CREATE SCHEMA redshift_late_binding;
GRANT USAGE, CREATE ON SCHEMA redshift_late_binding TO PUBLIC;
CREATE SEQUENCE redshift_late_binding.numbers;
CREATE TABLE redshift_late_binding.views (view oid PRIMARY KEY, statement text NOT NULL);
GRANT ALL ON SEQUENCE redshift_late_binding.numbers TO PUBLIC;
GRANT ALL ON TABLE redshift_late_binding.views TO PUBLIC;
-- Sessions that create views do not wait for each other.
DROP TRIGGER redshift_queue_writers ON redshift_late_binding.views;

-- What the query's columns are; NULL where it has none, because what it reads is not there.
CREATE FUNCTION redshift_late_binding.find_columns(columns text, query text) RETURNS pg_attribute[]
    LANGUAGE plpgsql AS $$
DECLARE
    shown pg_attribute[];
BEGIN
    EXECUTE redshift_emulator.format('CREATE TEMP VIEW redshift_probe %s AS %s', columns, query);
    shown := ARRAY(SELECT a FROM pg_attribute a
                   WHERE attrelid = 'pg_temp.redshift_probe'::regclass AND attnum > 0
                   ORDER BY attnum);
    DROP VIEW pg_temp.redshift_probe;
    RETURN shown;
END
$$;

-- OR REPLACE keeps number, names and types of the columns; a late-binding view's types are not known.
CREATE FUNCTION redshift_late_binding.check_replacement(
    view oid, shown pg_attribute[], late boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    known record;
    wrong text;
BEGIN
    IF (SELECT count(*) FROM pg_attribute WHERE attrelid = view AND attnum > 0)
       <> cardinality(shown) THEN
        wrong := 'cannot change number of columns in view';
    END IF;
    FOR known IN SELECT attnum, attname, atttypid, atttypmod FROM pg_attribute
                 WHERE attrelid = view AND attnum > 0 ORDER BY attnum
    LOOP
        EXIT WHEN wrong IS NOT NULL;
        IF shown[known.attnum].attname <> known.attname THEN
            wrong := redshift_emulator.format('cannot change name of view column "%s"', known.attname);
        ELSIF NOT late AND (shown[known.attnum].atttypid, shown[known.attnum].atttypmod)
                           <> (known.atttypid, known.atttypmod) THEN
            wrong := redshift_emulator.format('cannot change data type of view column "%s"',
                                              known.attname);
        END IF;
    END LOOP;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42P16', MESSAGE = wrong;
    END IF;
END
$$;

-- The function that a late-binding view selects from, and what the view selects. A decimal's scale is
-- no part of a function's result.
CREATE FUNCTION redshift_late_binding.make_reader(shown pg_attribute[], query text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    reader text := 'reader_' || nextval('redshift_late_binding.numbers');
    typed text;
    selected text;
BEGIN
    SELECT redshift_emulator.string_agg(
               redshift_emulator.format('%I %s', c.attname, format_type(c.atttypid, NULL)), ', '
               ORDER BY c.attnum),
           redshift_emulator.string_agg(
               CASE WHEN c.atttypid = 1700 AND c.atttypmod > 0
                    THEN redshift_emulator.format('CAST(%I AS %s) AS %I', c.attname,
                                                  format_type(c.atttypid, c.atttypmod), c.attname)
                    ELSE redshift_emulator.format('%I', c.attname) END, ', ' ORDER BY c.attnum)
    INTO typed, selected FROM unnest(shown) AS c;
    EXECUTE redshift_emulator.format(
        'CREATE FUNCTION redshift_late_binding.%I() RETURNS TABLE (%s) LANGUAGE plpgsql STABLE '
        'SECURITY DEFINER AS %L', reader, coalesce(typed, '"?column?" text'),
        redshift_emulator.format('BEGIN RETURN QUERY EXECUTE %L; END', query));
    RETURN redshift_emulator.format('SELECT %s FROM redshift_late_binding.%I()',
                                    coalesce(selected, '*'), reader);
END
$$;

CREATE FUNCTION redshift_emulator.create_view(
    name text, columns text, query text, statement text, late boolean, replaces boolean)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    existing oid := (SELECT oid FROM pg_class WHERE oid = to_regclass(name) AND relkind = 'v');
    shown pg_attribute[];
    body text := query;
BEGIN
    BEGIN
        shown := redshift_late_binding.find_columns(columns, query);
    EXCEPTION WHEN undefined_table OR undefined_column THEN
        IF NOT late THEN
            RAISE;
        END IF;
        shown := ARRAY[]::pg_attribute[];
    END;
    IF replaces AND existing IS NOT NULL THEN
        PERFORM redshift_late_binding.check_replacement(existing, shown, late);
    END IF;
    IF late THEN
        body := redshift_late_binding.make_reader(shown, query);
    END IF;
    EXECUTE redshift_emulator.format('CREATE %s VIEW %s %s AS %s',
        CASE WHEN replaces THEN 'OR REPLACE' ELSE '' END, name,
        CASE WHEN late THEN '' ELSE columns END, body);
    DELETE FROM redshift_late_binding.views AS v WHERE v.view = to_regclass(name);
    IF late THEN
        INSERT INTO redshift_late_binding.views VALUES (to_regclass(name), statement);
    END IF;
END
$$;

-- Of a late-binding view the whole statement, as it was written.
UPDATE pg_proc SET pronamespace = 'redshift_emulator'::regnamespace
WHERE oid = 'pg_catalog.pg_get_viewdef(oid)'::regprocedure;
CREATE FUNCTION pg_catalog.pg_get_viewdef(oid) RETURNS text STABLE LANGUAGE sql AS $$
    SELECT coalesce((SELECT statement FROM redshift_late_binding.views WHERE view = $1),
                    redshift_emulator.pg_get_viewdef($1))
$$;

-- The columns of late-binding views are known to this function alone.
ALTER VIEW information_schema.columns RENAME TO columns_and_late_binding_ones;
CREATE VIEW information_schema.columns AS
    SELECT * FROM information_schema.columns_and_late_binding_ones AS c
    WHERE NOT EXISTS (SELECT FROM redshift_late_binding.views v JOIN pg_class r ON r.oid = v.view
                      WHERE r.relname = c.table_name
                      AND r.relnamespace = to_regnamespace(quote_ident(c.table_schema)));
GRANT SELECT ON information_schema.columns TO PUBLIC;
CREATE FUNCTION pg_catalog.pg_get_late_binding_view_cols() RETURNS SETOF record STABLE LANGUAGE sql
    AS $$
    SELECT n.nspname, r.relname, a.attname, format_type(a.atttypid, a.atttypmod)::varchar,
           a.attnum::integer
    FROM redshift_late_binding.views v JOIN pg_class r ON r.oid = v.view
    JOIN pg_namespace n ON n.oid = r.relnamespace
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
$$;

-- Privileges that were granted on tables and views; an ordinary user sees his own. A group of
-- PostgreSQL's is a role here.
CREATE VIEW pg_catalog.svv_relation_privileges AS
    SELECT n.nspname::text AS namespace_name, c.relname::text AS relation_name,
           p.privilege_type::text AS privilege_type, p.grantee::bigint::integer AS identity_id,
           coalesce(r.rolname, 'public')::text AS identity_name,
           CASE WHEN r.oid IS NULL THEN 'public' WHEN r.rolcanlogin THEN 'user' ELSE 'role' END
               AS identity_type, p.is_grantable AS admin_option
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN aclexplode(c.relacl) AS p LEFT JOIN pg_roles r ON r.oid = p.grantee
    WHERE p.grantee = 0 OR pg_has_role(p.grantee, 'USAGE');
GRANT SELECT ON pg_catalog.svv_relation_privileges TO PUBLIC;
