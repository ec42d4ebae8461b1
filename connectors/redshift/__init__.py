"""Redshift: staged parts into wide tables, exactly once, by COPY in one transaction per batch.

The modules in reading order.

When to load:
    operator: references kept in Flink's state; the thin part that knows Flink.
    coordinator: which parts are due, the thread of an attempt, and what follows from its end.
    schedule: when a load begins, and how much of a backlog one transaction takes.

Before the first:
    start: what a start makes, migrates, alters and checks, and the fence that it takes.

One transaction:
    plan: its numbered steps, and their SQL as data.
    loader: runs it; the outcome, or an error that says what to do.
    ledger: steps 1 and 9: the lock, the fence and the bookkeeping rows.
    batch: steps 2 and 8: whether its parts fit, COPY's manifests, what became of the rows.
    cuts: step 9, until which commit time everything is loaded.
    key_ranges: step 2, between which numbers the keys of a batch lie.
    statements: SQL that facts, patches and dimensions have in common.
    dimensions: steps 3 and 4, dimensions that are kept in the warehouse.
    next_versions: step 5, what becomes of every row that a batch touches.
    unchanged: step 5 for columns that changes may leave out.
    undeclared: step 6, and columns of a target that the declaration does not have.
    sweep: step 8, the floor of a reload.
    forgetting: step 8, what rows above that floor have from below it.

The tables:
    spec: what the loader knows of a star.
    names: what its tables are called.
    position_sql: how positions are written.
    bookkeeping: the bookkeeping tables, and how rows are written to them.
    migrations: the versions of their layout, and what brings earlier ones to the latest.
    ddl: the tables and views that are made.
    targets: what stands under a target's name, whose it is, and how it becomes a view of its base
        table.
    grants: who may read it, carried over to the view.
    alter: tables that were there before.
    unfillable: columns of theirs into which no INSERT can put a value.
    position_columns: those of a release whose positions were text.
    pruning: what leaves the bookkeeping tables, and when.
    value_key: values that were made under another key.

The bookkeeping tables, read from outside the load:
    balance: whether every record is accounted for, as a query and as metrics.
    never_read: declared tables of which nothing was ever read.
    replay_marks: dead letters that are loaded, and those that were replayed.

The cluster:
    endpoint: which warehouse and Region its host name stands for.
    access: where it is, how its certificate is verified, how long it may take.
    connection: one session per transaction.
    transactions: a session from its connection to its end, and what its error is to say.
    load_errors: where a COPY failed, as Redshift keeps it.
    preconditions: how its database compares text, and whether it can read the staging bucket.
    locks: which locks a session waits for, and who holds them.
    log_gate: whether the source's log has started again, as the accounts show.
    lock_watch: looks for them while a load goes on for long.
    left_behind: sessions of an earlier attempt, which are ended.
    errors: what can go wrong, as types that say what to do.
    known_errors: which error is of which type, and in which words: the table.
    error_words: those of its sentences that say what to do.
    said: which row an error of the server is, and what of its own text may be repeated.
"""
