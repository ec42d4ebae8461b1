"""What a source database says of its own tables, read without changing anything there.

Nothing here knows what becomes of it: `infra/init` proposes a declaration from it. No value of any
row leaves the database; what is asked of rows is counted there.

Modules:
    model: tables, columns, keys, foreign keys and samples, the same for every source.
    looks: what values can look like: e-mail addresses, telephone numbers, ...
    databases: which database an address is of, and its catalogue.
    postgresql: reads the catalogue of a PostgreSQL.
    connection: a read-only session of it, and why there is none, without the password.
    postgresql_types: what DMS makes of PostgreSQL's types, and what to declare for them.
    samples: how many of a table's values look like what, counted in the database.
    mysql: reads the catalogue of a MySQL or MariaDB.
    mysql_connection: a session of it that changes nothing, and why there is none.
    mysql_types: what DMS makes of its types, and what to declare for them.
    mysql_samples: how many of its tables' values look like what.
    control_records: the same from `create-table` records of DMS.
"""
