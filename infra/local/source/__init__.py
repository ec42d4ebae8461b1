"""The source side of local runs: a PostgreSQL, followed as a DMS task follows it.

The task reads the database's logical replication slot and writes the records that AWS DMS would.

Modules:
    settings: the settings of a task and its end points, as far as records show them.
    json_values: what DMS writes for a value, by the settings.
    column_types: PostgreSQL's types: what DMS announces for them, and how values are written.
    records: records for rows and for tables, in DMS's form.
    tables: tables that a task captures, from the database's catalogue.
    table_changes: what the log shows of altered tables, as control records.
    pgoutput: messages of PostgreSQL's logical replication, read from bytes.
    row_records: records of a task from rows of PostgreSQL.
    refusals: why a database cannot be followed, in sentences.
    slot: sessions, publication and replication slot of a task.
    task: follows a database: a full load, then the changes of each transaction.
    stream: puts records on a stream.
    database: the database of a local run, whose changes a task follows.
"""
