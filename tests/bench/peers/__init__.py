"""The job beside what else could do its work, on the same records: `build.py bench peers`.

Each peer reads the same bytes and writes the same rows as Parquet; rows are compared before any
figure is. None has a warehouse or S3, so that nothing but the peer is on the machine. Nothing here
is an assertion about time.

The modules in reading order:
    names: of peers and cases.
    case: what is read, on disk: records, dimensions, and the rows that must come out.
    services: the commands that a trial starts, one for each peer.
    pyflink_jobs: the real job, and one that is given record after record; `FileBlocks.java` hands
        both their bytes inside the JVM, as the source does.
    by_record: the function of the latter.
    lean: the least that pyarrow needs for these rows: no engine, no state, no dead letters.
    spark_job: Spark Structured Streaming, with an environment of its own (`spark_environment`).
    trial: one run of one peer: its rows, its pace, its CPU time by kind of process.
    figures: medians of trials, and the machine.
    run: which trials, in turns.
    report: what is printed and written.
"""
