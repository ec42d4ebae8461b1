"""An emulator of Amazon Redshift: it speaks the wire protocol and runs on a PostgreSQL.

    python -m infra.redshift_emulator --socket-folder /run/postgresql --socket-port 5432 ...
    listening on 40001, control on 40002

    redshift_connector.connect(host="127.0.0.1", port=40001, database="dev", ssl=False, ...)
    Faults("127.0.0.1", 40002).lose_commit_reply()

`redshift_connector` is used unchanged. The emulator reproduces what loaders have failed on: keys
that are not enforced, lengths in bytes, COPY with its manifests, one statement per execute, the
time at which a transaction takes its snapshot, lost replies. `control.py` documents the faults that
can be injected.

The modules in reading order.

Connections:
    __main__: the emulator as a process.
    server: prepares the database, accepts connections, logs clients in.
    session: passes a client's messages on, one at a time, and the answers back.
    client_session: what emulated statements may use of a session, and what all share.
    backend: a session of the PostgreSQL behind the emulator.
    wire: PostgreSQL's protocol: frames and messages.
    results: PostgreSQL's answers as Redshift sends them.
    errors: Redshift's error messages.

Statements, each passed on, translated, run by the emulator itself, or refused:
    dialect: chooses which, and gives the SQL that PostgreSQL gets.
    lexer: Redshift SQL as tokens.
    ddl: CREATE TABLE and ALTER TABLE, translated.
    placement: distribution, sort order and encoding.
    views: CREATE VIEW, late-binding or not.
    data_types: Redshift's types as PostgreSQL's.
    queries: what Redshift refuses of queries and changes, but PostgreSQL accepts.
    subqueries: correlated subqueries that Redshift cannot decorrelate.
    leader_node: what only a leader node can do.
    emulation: the statements that the emulator runs itself.

COPY:
    copy_grammar: the command.
    copy_files: its manifest or prefix, and the objects.
    copy_execution: running it.
    parquet_to_csv: a Parquet file as CSV, with the checks that COPY makes.
    parquet_values: the values in it.

Faults:
    faults: which statement fails, how, and how often.
    control: the port on which they are injected.

`objects.sql` gives PostgreSQL lengths in bytes, queues of writers and comparisons that ignore
trailing blanks; `views.sql` makes views; `catalogue.sql` has the system views.

`README.md` lists the known differences from a real cluster.
"""

from infra.redshift_emulator.control import Fault, Faults
from infra.redshift_emulator.faults import Action, Rule, When

__all__ = ["Action", "Fault", "Faults", "Rule", "When"]
