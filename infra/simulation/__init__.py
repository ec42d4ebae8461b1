"""A simulation of the whole application without Flink, Kinesis, S3 and Redshift.

`check` tests a declaration against random histories; docs/testing-a-declaration.md shows how.

The real operators (decode, denormalise, stage, load) run as they are. Everything around them is
simulated, one module for each part, and driven by a seed:

- `source`: tables, transactions and the records on the shards; `workload`: what happens to them;
- `doubles`: what Flink gives to an operator; `channels`: queues, barriers, alignment;
- `attempt`: one start of the job, its subtasks and checkpoints; `world`: attempts one after
  the other, zombies;
- `database`: the loader's SQL on SQLite (`sqlite_dialect`, and for views
  `sqlite_views`, `sqlite_values`); `faults`: transactions that break;
  `pruning`: what the bookkeeping tables need no more, which the loader then prunes;
- `gaps`: where records of a shard were lost, and whether each is recorded once;
- `oracle`: what the warehouse must hold, by plain dictionaries; `computed`: what views compute;
  `counting`: what the bookkeeping tables must count; `warehouse_check`, `metrics_check`: the
  comparison after every commit;
- `values`: rows, and which of their values meet; `type_values`: values of each type; `wire`: how
  DMS writes them;
- `choices`, `profile`, `placement`, `history`, `shrink`: a random history, its replay, and its
  shortest form that fails.
"""

from infra.simulation.api import ArgumentError, HistoryError, Report, check
from infra.simulation.values import ValuesError

__all__ = ["ArgumentError", "HistoryError", "Report", "ValuesError", "check"]
