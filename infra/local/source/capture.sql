-- Change capture in the source database, in place of the log that AWS DMS reads.
-- Each row change becomes one row here, with the log's position at that time: positions of
-- one key rise with its changes, since writers of one row wait for each other.
CREATE SCHEMA capture;

CREATE TABLE capture.changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    operation text NOT NULL,
    old_row jsonb,
    new_row jsonb,
    transaction_id bigint NOT NULL DEFAULT txid_current(),
    log_position pg_lsn NOT NULL DEFAULT pg_current_wal_insert_lsn(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION capture.take() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO capture.changes (table_name, operation, old_row, new_row)
    VALUES (
        TG_TABLE_NAME,
        lower(TG_OP),
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END $$;
