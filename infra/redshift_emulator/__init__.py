"""An emulator of Amazon Redshift: it speaks the wire protocol and runs on a PostgreSQL.

    with Moto(folder) as moto, RedshiftEmulator(folder, s3_endpoint=moto.endpoint) as redshift:
        redshift_connector.connect(**redshift.connection)

`redshift_connector` is used unchanged. What the emulator imitates on purpose is what has bitten
loaders: keys that are not enforced, lengths in bytes, COPY with its manifests, one statement per
execute, the moment of the snapshot, lost replies. `tests/contract` says it in tests, and the same
tests run against a real cluster. `control.py` documents the faults that can be set.

How it works: `server` takes connections, `session` passes messages on one at a time, `dialect`
chooses for each statement whether it is passed on, translated (`ddl`, `queries`), emulated
(`emulation`, `copying`) or refused; `objects.sql` gives the PostgreSQL behind it lengths in bytes,
queues of writers and comparisons that ignore blanks at the end; `errors` speaks as Redshift does.

`README.md` lists the known differences from a real cluster.
"""

from infra.redshift_emulator.control import Fault, Faults
from infra.redshift_emulator.faults import Action, Rule, When

__all__ = ["Action", "Fault", "Faults", "Rule", "When"]
