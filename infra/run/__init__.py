"""`starjoin run`: a declaration at work on this machine, from SQL at the source to wide rows.

It follows somebody's own database, or makes one from a file of SQL; the rest of the data path is
that of every local run (`infra/local`). It prints addresses, and then what each batch has done.

Modules:
    command_line: the arguments.
    main: reads them, starts everything in order, and says how it ended.
    declared: which declaration is run, and of which source when it is a shipped one.
    errors: why a run does not start, or does not go on.
    source: what `--source` names, and what it gives: an address, tables, a capture.
    sql_file: a source made from a file of SQL, in a PostgreSQL of this run.
    database: somebody's own PostgreSQL as the source, and what it must allow.
    matching: what a declaration needs, and the source's tables do not have.
    capture: changes of the source as DMS records, each once it is committed.
    follow: puts changes on the stream, and reports batches, until somebody ends it.
    batches: what each committed load has brought in, read from the bookkeeping tables.
    wide_rows: which rows of a target have changed since the last look.
    printing: the lines that are printed.
    suggestion: a change to try first, as SQL to type.
    signals: what ends a run from outside, once.
    demo: `starjoin demo`, which may go on as a run of its example.
"""
