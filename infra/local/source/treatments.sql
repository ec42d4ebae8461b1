-- The treatments of personal data in PostgreSQL's own words, for queries that say what the warehouse
-- must hold: nothing of the application's takes part in them. All give NULL for NULL.
CREATE SCHEMA treated;

-- HMAC-SHA-256 from sha256(), as RFC 2104 has it; the key may have up to 64 bytes.
CREATE FUNCTION treated.pad(secret text, mark integer) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT string_agg(set_byte('\x00', 0, get_byte(block, i) # mark), ''::bytea ORDER BY i)
    FROM generate_series(0, 63) i, (
        SELECT convert_to(secret, 'UTF8') || decode(repeat('00', 64 - octet_length(secret)), 'hex')
    ) padded (block)
$$;
CREATE FUNCTION treated.token(value text, secret text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT encode(sha256(treated.pad(secret, 92) || sha256(
        treated.pad(secret, 54) || convert_to(value, 'UTF8'))), 'hex')
$$;

CREATE FUNCTION treated.digest(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT encode(sha256(convert_to(value, 'UTF8')), 'hex')
$$;
CREATE FUNCTION treated.masked(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT regexp_replace(value, '[0-9]', '*', 'g')
$$;
CREATE FUNCTION treated.redacted(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT 'redacted'
$$;
