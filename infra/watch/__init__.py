"""`starjoin watch`: how a running application does, on one screen, here or on AWS. It only reads.

Modules:
    command_line: its options.
    main: the live screen, lines in a pipe, objects for scripts; gives the exit code.
    opening: finds what is to be watched, and where its facts are.
    looking: asks all of these places, and makes one picture of their answers.
    reader: asks one place again and again, and knows since when it is away.
    picture: what a look has shown, as types.
    bookkeeping: the tables in the warehouse.
    letters: reasons of dead letters, from their files.
    shards: how far the warehouse is behind each shard, from Kinesis.
    metrics: which of the job's metrics are watched.
    flink: a local job, from its Flink.
    managed: a job on Managed Flink, from the service and CloudWatch.
    health: whether all is well, and why not.
    rendering: the picture as a screen, and as a line.
    scripts: the picture as an object.
"""
