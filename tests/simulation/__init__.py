"""A simulation of the whole application without Flink, Kinesis, S3 and Redshift.

The real operators (decode, denormalise, stage, load) run as they are. Everything around them is
made up here, one module each, and picked by a seed:

- `stars`: four declarations; `source`: tables, transactions and the records on the shards;
- `doubles`: what Flink gives to an operator; `channels`: queues, barriers, alignment;
- `attempt`: one start of the job, its subtasks, its checkpoints; `world`: attempts one after
  the other, zombies;
- `database`: the loader's SQL on SQLite; `stand_in`: on the stand-in for Redshift; `breaking`:
  transactions that break; `pruning`: books that forget;
- `oracle`: what the warehouse must hold, by plain dictionaries; `check`: after every commit;
- `choices`, `profile`, `business`, `history`, `shrink`: a random history, its replay, its
  shortest form that fails; `many`: thousands of them;
- `tale`, `counterexamples`: histories that are told;
- `mutations`: guards removed on purpose, to show that histories see it.

    python -m tests.simulation --histories 2000 --jobs 2
    python -m tests.simulation --seed 17
    python -m tests.simulation --mutations
"""
