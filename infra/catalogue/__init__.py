"""What a source database says of its own tables, read without changing anything there.

Nothing here knows what becomes of it: `infra/init` proposes a declaration from it. No value of any
row leaves the database; what is asked of rows is counted there.

Modules:
    model: tables, columns, keys, foreign keys and samples, the same for every source.
    looks: what values can look like: e-mail addresses, telephone numbers, ...
    postgresql: reads the catalogue of a PostgreSQL.
    connection: a read-only session, and why there is none, in sentences without the password.
    postgresql_types: what DMS makes of PostgreSQL's types, and what to declare for them.
    samples: how many of a table's values look like what, counted in the database.
    control_records: the same from `create-table` records of DMS.
"""
