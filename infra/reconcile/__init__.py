"""Reconcile: whether the warehouse is the join of the source, while both run.

Both sides make the same text of the same value, by SQL that one generator writes; checksums of
ranges of keys are compared, and only where they differ is anything narrower read. What changes
meanwhile is told apart from a difference by positions and by looking twice. Nothing is written on
either side.

Modules, in reading order:
    errors: why nothing can be compared.
    canonical: the text of a value, for each type and treatment, on both sides.
    mysql_texts: the same at a MySQL.
    comparison: what is compared of a declaration: keys, groups of columns, the join at the source.
    queries: the SQL of checksums and digests.
    looks: what a look at each side gives, and the interfaces of both sides.
    rows: rows of answers as checksums and digests.
    narrowing: from ranges that differ to keys.
    log_positions: positions of a source's log as numbers and in words.
    source_look: what the looks at sources have in common.
    source: PostgreSQL: snapshots, log positions, tokens.
    mysql_source: MySQL and MariaDB: the same, without tokens.
    warehouse: Redshift: one reading transaction a look.
    completeness: whether the warehouse has everything up to a log position.
    protocol: the looks in order, and what is a difference.
    letters: which keys that differ are those of dead letters.
    report: what is printed, and the exit code.
    services: opens both sides of an application.
    command_line: the options.
    main: the command.
"""
