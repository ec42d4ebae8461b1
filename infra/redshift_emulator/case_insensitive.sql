-- Run once, after `objects.sql`, for a database with COLLATE CASE_INSENSITIVE: comparisons of text
-- ignore case, so that keys AB and ab are one key.

CREATE OR REPLACE FUNCTION pg_catalog.db_collation() RETURNS text IMMUTABLE LANGUAGE sql
    AS $$ SELECT 'case_insensitive' $$;
CREATE OR REPLACE FUNCTION redshift_emulator.eq(varchar, varchar) RETURNS boolean IMMUTABLE STRICT
    PARALLEL SAFE LANGUAGE sql AS $$ SELECT lower($1)::bpchar = lower($2)::bpchar $$;
CREATE OR REPLACE FUNCTION redshift_emulator.ne(varchar, varchar) RETURNS boolean IMMUTABLE STRICT
    PARALLEL SAFE LANGUAGE sql AS $$ SELECT lower($1)::bpchar <> lower($2)::bpchar $$;
CREATE OR REPLACE FUNCTION redshift_emulator.lt(varchar, varchar) RETURNS boolean IMMUTABLE STRICT
    PARALLEL SAFE LANGUAGE sql AS $$ SELECT lower($1)::bpchar < lower($2)::bpchar $$;
CREATE OR REPLACE FUNCTION redshift_emulator.le(varchar, varchar) RETURNS boolean IMMUTABLE STRICT
    PARALLEL SAFE LANGUAGE sql AS $$ SELECT lower($1)::bpchar <= lower($2)::bpchar $$;
CREATE OR REPLACE FUNCTION redshift_emulator.gt(varchar, varchar) RETURNS boolean IMMUTABLE STRICT
    PARALLEL SAFE LANGUAGE sql AS $$ SELECT lower($1)::bpchar > lower($2)::bpchar $$;
CREATE OR REPLACE FUNCTION redshift_emulator.ge(varchar, varchar) RETURNS boolean IMMUTABLE STRICT
    PARALLEL SAFE LANGUAGE sql AS $$ SELECT lower($1)::bpchar >= lower($2)::bpchar $$;
CREATE OR REPLACE FUNCTION redshift_emulator.cmp(varchar, varchar) RETURNS integer IMMUTABLE STRICT
    PARALLEL SAFE LANGUAGE sql AS $$ SELECT bpcharcmp(lower($1)::bpchar, lower($2)::bpchar) $$;
CREATE OR REPLACE FUNCTION redshift_emulator.hash(varchar) RETURNS integer IMMUTABLE STRICT
    PARALLEL SAFE LANGUAGE sql AS $$ SELECT hashbpchar(lower($1)::bpchar) $$;
