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
-- Every decimal digit of Unicode, in the order of the zeros that begin each script's ten.
CREATE FUNCTION treated.digits() RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(chr(zero + place), '') FROM generate_series(0, 9) place, unnest(ARRAY[
        48, 1632, 1776, 1984, 2406, 2534, 2662, 2790, 2918, 3046, 3174, 3302, 3430, 3558, 3664,
        3792, 3872, 4160, 4240, 6112, 6160, 6470, 6608, 6784, 6800, 6992, 7088, 7232, 7248,
        42528, 43216, 43264, 43472, 43504, 43600, 44016, 65296, 66720, 68912, 68928, 69734,
        69872, 69942, 70096, 70384, 70736, 70864, 71248, 71360, 71376, 71386, 71472, 71904,
        72016, 72688, 72784, 73040, 73120, 73184, 73552, 90416, 92768, 92864, 93008, 93552,
        118000, 120782, 120792, 120802, 120812, 120822, 123200, 123632, 124144, 124401, 125264,
        130032
    ]) zero
$$;
CREATE FUNCTION treated.masked(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT translate(value, treated.digits(), repeat('*', length(treated.digits())))
$$;
-- Punctuation and white space stay: those of ASCII, and those that the examples' sources have.
CREATE FUNCTION treated.masked_text(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT regexp_replace(value, '[^]\t\n !"#%&''()*,./:;?@[\\_{}«»–’-]', '*', 'g')
$$;
CREATE FUNCTION treated.redacted(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT 'redacted'
$$;
