"""Sentences of `known_errors` that say what to do: each names the setting or the place to look at.

`{}` is a name that the server's text gives, or the kind or number of an error of the client.
"""

from __future__ import annotations

from typing import Final

# While connecting.
TLS_REFUSED: Final = (
    "the server refuses TLS, and nothing was sent to it. Check host and port of "
    "starjoin.redshift: Redshift itself always offers TLS"
)
OTHER_HOST: Final = (
    "the server's certificate does not match host of starjoin.redshift. Give the endpoint's own "
    "name as host; if it is reached by a private name or through a proxy, set ssl.mode to verify-ca"
)
NOT_TRUSTED: Final = (
    "the server's certificate is not from a trusted authority, or not valid (OpenSSL's code {}). "
    "Check host of starjoin.redshift: something else answers there"
)
UNKNOWN_HOST: Final = (
    "the host name cannot be resolved: check host of starjoin.redshift, that the cluster or "
    "workgroup still exists, and DNS in the VPC"
)
NO_DNS: Final = "DNS does not answer for the host's name: check DNS in the VPC"
PORT_CLOSED: Final = (
    "connection refused: check port of starjoin.redshift, and that the warehouse is not paused"
)
NO_ANSWER: Final = (
    "timed out: check security groups and routes, and that the warehouse is not paused"
)
UNCONNECTED: Final = "{}: check that the warehouse is available"
LOST: Final = (
    "the connection to Redshift was lost; the next attempt checks the ledger for what was committed"
)
TLS_DEMANDED: Final = (
    "Redshift demands TLS (require_ssl), and ssl.mode of starjoin.redshift is none: set it to "
    "verify-full"
)
LOGIN: Final = (
    "Redshift refuses the login of the secret: check user and password in the secret that "
    "secret.id of starjoin.redshift names"
)
NO_DATABASE: Final = "the database does not exist: check database of starjoin.redshift"
CONNECTIONS: Final = (
    "there are too many connections: see in STV_SESSIONS who has them; the load needs one"
)

# Of the staging bucket and COPY's role.
ROLE: Final = (
    "Redshift may not assume COPY's role: associate copy.role of starjoin.redshift with the "
    "cluster or namespace, and let the role's trust policy name redshift.amazonaws.com, for "
    "Serverless redshift-serverless.amazonaws.com as well"
)
ROLE_UNKNOWN: Final = (
    "S3 does not know the credentials of COPY's role: check that the role still exists and is "
    "associated with the cluster or namespace"
)
BUCKET: Final = (
    "S3 refuses COPY's role (403): allow it s3:ListBucket and s3:GetObject on the staging bucket "
    "and, if the bucket is encrypted with a key of its own, kms:Decrypt on that key"
)
KEY: Final = (
    "COPY's role may not use the key that the staging bucket is encrypted with: allow it "
    "kms:Decrypt on that key, in the role's policy and in the key's, and check that the key is "
    "enabled"
)
MANIFEST: Final = (
    "COPY's role cannot read the manifest: allow it s3:GetObject on the staging bucket and, if the "
    "bucket is encrypted with a key of its own, kms:Decrypt on that key"
)
REGION: Final = (
    "the staging bucket is in another Region than the warehouse, and COPY can load Parquet only "
    "from a bucket in the warehouse's Region: change bucket of starjoin.staging"
)
NO_BUCKET: Final = "the staging bucket does not exist: check bucket of starjoin.staging"
FILE_MISSING: Final = (
    "a staged file or manifest is missing: check whether a lifecycle rule or a person deleted it; "
    "a version that the bucket still keeps can be restored"
)

# Of the warehouse's state and limits.
READ_ONLY: Final = (
    "the database takes no changes at present, as during a classic resize; the load goes on once "
    "it does"
)
DISK: Final = (
    "the disk is full: remove or vacuum what is not needed, or give the cluster more nodes"
)
CANCELLED: Final = (
    "the statement was cancelled: it ran, or waited for a lock or a queue, longer than "
    "statement.seconds of starjoin.redshift or a time limit of the workload management, or it was "
    "cancelled by hand"
)
RULE: Final = (
    "a query monitoring rule of the workload management ended the statement: see "
    "STL_WLM_RULE_ACTION, for Serverless the limits of the workgroup, and exempt the loader's user "
    "from it"
)
ABORT: Final = (
    "the system aborted the statement: a rule of the workload management, maintenance or a resize"
)
USAGE: Final = (
    "the workgroup has reached its usage limit, whose action is to turn off queries: raise or "
    "remove the limit, or wait until its period ends"
)
TOO_WIDE: Final = "a row exceeds Redshift's limit of 65,535 bytes: declare shorter varchars"
LIMIT: Final = (
    "a limit of Redshift is exceeded: see the quotas and limits of its Management Guide, and "
    "declare fewer or shorter columns if it is one of a table"
)

# Of tables, columns and permissions.
NO_COLUMN: Final = (
    "column {} does not exist: restart the application, which compares the tables with the "
    "declaration and says what to change"
)
NO_TABLE: Final = (
    "table {} does not exist: restore it if it was dropped or renamed; a restart of the "
    "application creates it empty"
)
NO_SCHEMA: Final = (
    "schema {} does not exist: restore it if it was dropped or renamed; a restart of the "
    "application creates it with empty tables"
)
TABLE_EXISTS: Final = (
    "table {} already exists: another session may have created it at the same time; report it as "
    "a bug if it comes again"
)
COLUMN_EXISTS: Final = (
    "a column already exists: restart the application, which compares the tables with the "
    "declaration again"
)
DEPENDENT: Final = (
    "a view shows a column that is to be replaced: remove that view, whose text is in pg_views, "
    "restart the application, and create it again with the columns that it needs by name"
)
NO_TABLE_PERMISSION: Final = (
    "the loader's user lacks a permission on table {}: grant it, or transfer the table to that "
    "user with ALTER TABLE ... OWNER TO"
)
NO_SCHEMA_PERMISSION: Final = (
    "the loader's user lacks a permission on schema {}: grant it USAGE and CREATE"
)
NO_DATABASE_PERMISSION: Final = (
    "the loader's user may not create schemas in the database: grant it CREATE on the database"
)
NO_PERMISSION: Final = (
    "the loader's user lacks a permission: grant it what the statement needs on the tables, their "
    "schemas and the database"
)
NOT_OWNER: Final = (
    "the loader's user does not own table or view {}: transfer it with ALTER TABLE ... OWNER TO"
)

VIEW_NEEDED: Final = (
    "view {} cannot be made again with the columns that are declared now, since views of other "
    "people are bound to it: drop these, and create them again WITH NO SCHEMA BINDING"
)
COLUMN_NEEDED: Final = (
    "a column cannot be lengthened, since views of other people are bound to its base table: drop "
    "these, and create them again WITH NO SCHEMA BINDING, on the target's view"
)

# Of a statement or a value, where only the SQLSTATE tells.
UNSUPPORTED: Final = "Redshift does not support a statement: report it as a bug"
IN_TRANSACTION: Final = "a statement cannot run inside a transaction: report it as a bug"
ABORTED: Final = (
    "the transaction was already aborted by an earlier error: report it as a bug, with the errors "
    "logged before it"
)
SYNTAX: Final = "syntax error in a statement: report it as a bug"
MISFIT: Final = "a value does not fit its column: declare the column with a type that holds it"
CONSTRAINT: Final = (
    "a value breaks a constraint: compare the table's NOT NULL columns with the declaration"
)
INTERNAL: Final = (
    "an internal error: contact AWS Support unless Redshift's own message says what to change"
)
