"""A stand-in for Amazon Redshift: a PostgreSQL wire front before an embedded PostgreSQL.

    with Moto(folder) as moto, RedshiftEmulator(folder, s3_endpoint=moto.endpoint) as redshift:
        redshift_connector.connect(**redshift.connection)

`redshift_connector` is used unchanged. What the front imitates on purpose is what has bitten
loaders: keys that are not enforced, lengths in bytes, COPY with its manifests, one statement per
execute, the moment of the snapshot, lost replies. `tests/contract` says it in tests, and the same
tests run against a real cluster. `control.py` documents the faults that can be set.

How it works: `server` takes connections, `session` passes messages on one at a time, `dialect`
chooses for each statement whether it is passed on, translated (`ddl`, `queries`), emulated
(`emulation`, `copying`) or refused; `objects.sql` gives the PostgreSQL behind it lengths in bytes,
queues of writers and comparisons that ignore blanks at the end; `errors` speaks as Redshift does.

Known differences from a real cluster, and which side is kinder:

- Speed, commit queue, concurrency scaling, Spectrum's presigned URLs, IAM: none of it here. TLS
  needs a certificate (`certificate=`).
- A false PRIMARY KEY leads Redshift's planner to wrong results; here keys are forgotten.
- 1018 (a table younger than the snapshot) does not occur: PostgreSQL's catalogue has no snapshot.
- Conflicts: under SNAPSHOT the same rows have to be written, as on Redshift. Under SERIALIZABLE
  PostgreSQL finds cycles by the rows that were read and may let pass, or refuse, what Redshift
  judges by whole tables. The table's number in 1023's text is "unknown".
- The result of arithmetic on decimals, and of AVG over integers, has PostgreSQL's type.
- A literal in CREATE TABLE AS makes a TEXT column without a limit, not a VARCHAR of its length.
- Names are cut at 63 bytes, not refused beyond 127.
- Values travel as text; a cluster sends some in binary, which the driver decodes elsewhere.
- COPY reads Parquet only, no nested columns, no SUPER, no FILLRECORD, no SERIALIZETOJSON; an
  IDENTITY column has to be left out by a column list. ACCEPTINVCHARS is accepted and ignored.
- COPY's texts for bad Parquet are those seen on clusters, but which check comes first, and the
  codes of the error rows for values out of range, NULL and UTF-8, are guesses by analogy.
- Whether Redshift's COPY takes a Parquet decimal of another scale is not known for sure: here it
  is cut, as documented for COPY. INT32 into BIGINT and its like are refused, as Spectrum does.
- Not there: SUPER navigation, MERGE ... REMOVE DUPLICATES, external, materialised and procedural
  things, UNLOAD, the Data API, most of the system tables. The answer is then error 0A000.
- Several statements in one message of the simple protocol are refused as well; a cluster runs
  them. No driver that Starjoin uses sends such a message.
- A statement whose client is gone runs to its end (a COPY to its next chunk) before its
  transaction is rolled back.
"""

from infra.redshift_emulator.control import Fault, Faults
from infra.redshift_emulator.faults import Action, Rule, When

__all__ = ["Action", "Fault", "Faults", "Rule", "When"]
