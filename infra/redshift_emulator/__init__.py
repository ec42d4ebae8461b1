"""An emulator of Amazon Redshift: it speaks the wire protocol and runs on a PostgreSQL.

    python -m infra.redshift_emulator --socket-folder /run/postgresql --socket-port 5432 ...
    listening on 40001, control on 40002

    redshift_connector.connect(host="127.0.0.1", port=40001, database="dev", ssl=False, ...)
    Faults("127.0.0.1", 40002).lose_commit_reply()

`redshift_connector` is used unchanged. The emulator reproduces what loaders have failed on: keys
that are not enforced, lengths in bytes, COPY with its manifests, one statement per execute, the
time at which a transaction takes its snapshot, lost replies. `control.py` documents the faults that
can be injected.

How it works: `server` takes connections, `session` passes messages on one at a time, `dialect`
chooses for each statement whether it is passed on, translated (`ddl`, `queries`), run by the
emulator itself (`emulation`, `copy_execution`) or refused; `objects.sql` gives PostgreSQL lengths
in bytes, queues of writers and comparisons that ignore trailing blanks; `catalogue.sql` has the
system views; `results` turns answers into Redshift's protocol; `errors` has its error messages.

`README.md` lists the known differences from a real cluster.
"""

from infra.redshift_emulator.control import Fault, Faults
from infra.redshift_emulator.faults import Action, Rule, When

__all__ = ["Action", "Fault", "Faults", "Rule", "When"]
