"""The simulation's histories on the real engine, its warehouse compared after every commit.

The simulation makes what happens at the source and knows what the warehouse must hold; here Flink
and the driver are real, and moto serves Kinesis and S3, in processes of their own.

- `declaration`: all of the simulation's stars as one application;
- `stream`: the source's records onto the shards of a real stream;
- `commits`: holds the reply to each load's COMMIT until the warehouse has been compared;
- `history`: a seed's history, put on the stream in pieces while a job runs;
- `engines`: the job on a mini cluster, or on a cluster of several processes.

    .venv/bin/python -m tests.histories --seed 1 --parallelism 1,2,4
    .venv/bin/python -m tests.histories --seed 2 --parallelism 3,2 --cluster

A seed makes the records and their order on every shard. Where the checkpoints cut them is the
engine's doing; a failure names the cut.
"""
