"""Diagnostics: what records show of their source. Nothing here changes what a record becomes.

Modules:
    watch: what a subtask does about its observations.
    observe: what one parsed block shows.
    dms_settings: settings of DMS that are off.
    log_reads: a block's changes, with what says where they stand in the source's log.
    log_restarts: a log of the source that has started again.
    second_loads: a second full load of a table within one generation.
    source_names: the names under which records arrive, those of partitions among them.
    similar_columns: undeclared tables that have the columns of a declared one, as partitions have.
    similar_tables: undeclared tables that resemble a declared one.
    source_collations: what the collations that sources name ignore.
    source_types: the types that DMS announces, and what can hold their values.
    schema_findings: source tables that differ from the declaration.
    tasks: DMS tasks that announce the same table.
    metrics: the counters of all of it.
    schema_watch: what the job does about them.
"""
