"""Redshift's errors that are known: how each is recognised, what follows, and in which words.

Owns the table, as data. `said` finds the row of an error of the server, `errors` that of an error
of the client, and docs/redshift-errors.md shows every row; a test sends each example through the
emulator. Words never hold a part of the server's text but names that are our own, in place of `{}`.

A row is found by what is most specific: a whole line of the message or the detail, then the code
that Redshift's nodes give, then the SQLSTATE, then the SQLSTATE's class.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from connectors.redshift import error_words as words


class Remedy(enum.StrEnum):
    """What follows from an error, as docs/redshift-errors.md says it."""

    RETRY = "retried"  # nothing was applied, and the same load may succeed later
    REPAIR = "needs a person"
    UNKNOWN = "outcome unknown"  # the ledger is asked before anything else


@dataclass(frozen=True)
class Example:
    """An error as Redshift sends it; values in it are invented."""

    message: str
    state: str = "XX000"
    detail: str = ""


@dataclass(frozen=True)
class KnownError:
    """One row.

    Attributes:
        remedy: what follows, except at COMMIT for what intervenes.
        words: what happened and what to do; `{}` is the name that the pattern finds.
        source: where it is documented or was reported.
        example: what the server sends; None for an error of the client.
        pattern: of a whole line without `ERROR:`; None where code or state decide.
        code: that Redshift's nodes give, as 1023 or 15001.
        state: SQLSTATE, or the two characters of its class.
        when: how an error of the client comes about.
        complete: whether the words say all; else they point to Redshift's own views.
        intervenes: whether somebody or a limit ends the statement. Of a COMMIT that says nothing
            certain: Redshift documents for no statement when it looks at a limit.
    """

    remedy: Remedy
    words: str
    source: str
    example: Example | None = None
    pattern: re.Pattern[str] | None = None
    code: str = ""
    state: str = ""
    when: str = ""
    complete: bool = True
    intervenes: bool = False


_GUIDE: Final = "Developer Guide, "
_LOAD_ERRORS: Final = _GUIDE + "Load error reference"
_SPECTRUM: Final = _GUIDE + "Query troubleshooting in Spectrum"
_WLM: Final = _GUIDE + "WLM query monitoring rules"
_ISOLATION: Final = _GUIDE + "Serializable isolation"
_POSTGRES: Final = "PostgreSQL, Error codes"
_ASSUMED: Final = "amazon-redshift-python-driver#107, reports of users"
_COPY_ROLE: Final = _GUIDE + "IAM permissions for COPY"
_NAME: Final = r'"?(?P<name>[^"]{1,300}?)"?'


def _line(  # noqa: PLR0913, PLR0917 - a row
    pattern: str,
    remedy: Remedy,
    text: str,
    source: str,
    message: str,
    state: str = "XX000",
    *,
    detail: str = "",
    complete: bool = True,
    intervenes: bool = False,
) -> KnownError:
    """A row that a line decides."""
    return KnownError(
        remedy,
        text,
        source,
        Example(message, state, detail),
        re.compile(pattern, re.IGNORECASE),
        complete=complete,
        intervenes=intervenes,
    )


def _code(code: str, text: str, source: str, remedy: Remedy = Remedy.REPAIR) -> KnownError:
    """A row that a code decides; what needs no person is of the whole transaction."""
    return KnownError(
        remedy,
        text,
        source,
        Example("Error of a node", detail=f"error:  Error of a node\n  code:      {code}")
        if code not in {"1023", "1018"}
        else Example(code),
        code=code,
        complete=remedy is Remedy.RETRY,
    )


def _state(
    state: str, text: str, remedy: Remedy = Remedy.REPAIR, source: str = _POSTGRES
) -> KnownError:
    """A row that a SQLSTATE decides, or its class."""
    whole = len(state) == 5
    example = Example("any text", state if whole else f"{state}999")
    intervenes = state.startswith("57")
    return KnownError(
        remedy, text, source, example, state=state, complete=whole, intervenes=intervenes
    )


def _leave_unnamed(text: str) -> str:
    """Words that begin with what is named, of one that the text does not name."""
    return "a " + text.replace("{} ", "", 1)


_RETRY, _REPAIR = Remedy.RETRY, Remedy.REPAIR
_S3: Final = r".*S3ServiceException:.*"
# What these words say is all there is to say.
_COMPLETE: Final = (
    _line(rf"column {_NAME}(?: of relation .*)? does not exist.*", _REPAIR,
          words.NO_COLUMN, _POSTGRES, 'column "name" does not exist', "42703"),
    _line(rf"relation {_NAME} does not exist.*", _REPAIR, words.NO_TABLE, _POSTGRES,
          'relation "starjoin.ledger" does not exist', "42P01"),
    _line(rf"cannot copy into nonexistent table {_NAME}", _REPAIR, words.NO_TABLE,
          _GUIDE + "COPY", 'Cannot COPY into nonexistent table "ledger"', "42P01"),
    _line(rf"relation {_NAME} already exists.*", _REPAIR, words.TABLE_EXISTS, _POSTGRES,
          'relation "ledger" already exists', "42P07"),
    _line(rf"schema {_NAME} does not exist.*", _REPAIR, words.NO_SCHEMA, _POSTGRES,
          'schema "starjoin" does not exist', "3F000"),
    _line(rf"database {_NAME} does not exist", _REPAIR, words.NO_DATABASE, _POSTGRES,
          'database "missing" does not exist', "3D000"),
    _line(rf"permission denied for (?:table|relation) {_NAME}", _REPAIR,
          words.NO_TABLE_PERMISSION, _GUIDE + "GRANT", "permission denied for relation ledger",
          "42501"),
    _line(rf"permission denied for schema {_NAME}", _REPAIR, words.NO_SCHEMA_PERMISSION,
          _GUIDE + "GRANT", "permission denied for schema starjoin", "42501"),
    _line(r"permission denied for database .*", _REPAIR,
          words.NO_DATABASE_PERMISSION, _GUIDE + "GRANT",
          "permission denied for database dev", "42501"),
    _line(rf"must be owner of relation {_NAME}", _REPAIR,
          words.NOT_OWNER, "philsch/ansible-redshift#11", "must be owner of relation ledger",
          "42501"),
    _line(rf"cannot drop (?:view|table|relation) {_NAME} because other objects depend on it",
          _REPAIR, words.VIEW_NEEDED, _GUIDE + "DROP VIEW",
          "cannot drop view ledger because other objects depend on it", "2BP01"),
    _line(r"cannot alter type of a column used by a view or rule", _REPAIR, words.COLUMN_NEEDED,
          "PostgreSQL 8.0", "cannot alter type of a column used by a view or rule", "0A000"),
    _line(r".*\bcombined length of columns\b.*", _REPAIR, words.TOO_WIDE,
          _GUIDE + "CREATE TABLE, usage notes",
          "8001: The combined length of columns processed in the SQL statement exceeded 65535"),
    _line(r"(?:user .{1,300} is )?not authorized to "
          r"(?:assume IAM role|get credentials of role)\b.*", _REPAIR, words.ROLE, _COPY_ROLE,
          "User arn:aws:redshift:eu-west-1:123456789012:dbuser:c/u is not authorized to assume "
          "IAM Role arn:aws:iam::123456789012:role/r"),
    _line(_S3 + r"\b(?:PermanentRedirect|Status 301|must be addressed using)\b.*", _REPAIR,
          words.REGION, _GUIDE + "COPY from columnar data formats",
          "S3ServiceException:The bucket must be addressed using the specified endpoint.,"
          "Status 301,Error PermanentRedirect,Rid 1"),
    _line(r".*\bbucket is in a different region\b.*", _REPAIR, words.REGION,
          _GUIDE + "COPY from columnar data formats", "The bucket is in a different region."),
    _line(_S3 + r"\b(?:InvalidAccessKeyId|InvalidToken|ExpiredToken)\b.*", _REPAIR,
          words.ROLE_UNKNOWN, "Amazon S3, Error responses",
          "S3ServiceException:not in our records,Status 403,Error InvalidAccessKeyId,Rid 1"),
    _line(_S3 + r"\bkms\b.*|.*\bnot authorized to perform: kms:\w+.*|.*\bKMS\.\w+Exception\b.*",
          _REPAIR, words.KEY,
          _GUIDE + "Loading encrypted data files from Amazon S3",
          "S3ServiceException:User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized "
          "to perform: kms:Decrypt on the resource,Status 403,Error AccessDenied,Rid 1"),
    _line(_S3 + r"\b(?:AccessDenied|Status 403)\b.*", _REPAIR, words.BUCKET, _COPY_ROLE,
          "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 1"),
    _line(r".*\bHTTP response error code: 403\b.*", _REPAIR, words.BUCKET,
          _SPECTRUM, "Spectrum Scan Error",
          detail="error:  Spectrum Scan Error\n  code:      15001\n  context:   Forbidden: HTTP "
          "response error code: 403 Message: AccessDenied Access Denied"),
    _line(r"COPY with MANIFEST parameter requires full path of an S3 object.*", _REPAIR,
          words.MANIFEST, _LOAD_ERRORS + "; PostHog/posthog#61603",
          "COPY with MANIFEST parameter requires full path of an S3 object"),
    _line(_S3 + r"\b(?:SlowDown|Status 503)\b.*", _RETRY, "S3 asks COPY to slow down (503)",
          "Amazon S3, Error responses",
          "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown,Rid 1"),
    _line(_S3 + r"\b(?:InternalError|Status 500)\b.*", _RETRY, "S3 failed (500)",
          "Amazon S3, Error responses",
          "S3ServiceException:We encountered an error,Status 500,Error InternalError,Rid 1"),
    _line(_S3 + r"\b(?:RequestTimeout|Unreachable|Status 0)\b.*", _RETRY,
          "S3 did not answer COPY in time", "Amazon S3, Error responses",
          "S3ServiceException:Your socket connection was not read,Status 400,"
          "Error RequestTimeout,Rid 1"),
    _line(r".*Spectrum Scan Error: Access throttled.*|Access throttled.*", _RETRY,
          "S3 or the key's service asks COPY to slow down", _SPECTRUM,
          "Spectrum Scan Error: Access throttled"),
    _line(r".*Spectrum Scan Error: Resource limit exceeded.*|Resource limit exceeded.*", _RETRY,
          "Redshift lacked the memory to read staged files", _SPECTRUM,
          "Spectrum Scan Error: Resource limit exceeded"),
    _line(r".*Spectrum Scan Error: Retries exceeded.*", _RETRY,
          "Redshift could not fetch a staged file, after several attempts", _SPECTRUM,
          "Spectrum Scan Error: Retries exceeded"),
    _line(r"(?:could not complete because of )?conflict with concurrent transaction.*", _RETRY,
          "conflict with a concurrent transaction", _ISOLATION,
          "could not complete because of conflict with concurrent transaction"),
    _line(r"could not open relation with OID \d+.*", _RETRY,
          "a table was replaced at the same time", "dbt-labs/dbt-adapters#1014",
          "could not open relation with OID 1234"),
    _line(r"no pg_hba\.conf entry for host .* SSL off.*", _REPAIR, words.TLS_DEMANDED,
          "Management Guide, Configuring security options for connections",
          'no pg_hba.conf entry for host "10.0.0.1", user "loader", database "dev", SSL off',
          "28000"),
    _line(r"password authentication failed.*", _REPAIR, words.LOGIN, _POSTGRES,
          'password authentication failed for user "loader"', "28000"),
    _line(r"connection limit .* exceeded for .*|too many connections.*", _RETRY,
          words.CONNECTIONS, "Management Guide, Quotas and limits",
          'connection limit "500" exceeded for non-bootstrap users', "53300"),
    _line(r"Query .{0,40}cancell?ed by WLM abort action of Query Monitoring Rule .*", _RETRY,
          words.RULE, _WLM,
          'Query (500029) cancelled by WLM abort action of Query Monitoring Rule "long".',
          intervenes=True),
    _line(r"Query reached usage limit.*", _RETRY, words.USAGE,
          "Management Guide, Setting usage limits",
          "Query reached usage limit", intervenes=True),
    _line(r"system requested abort.*", _RETRY, words.ABORT, "PostHog/posthog#64160",
          "abort query",
          detail="error:  abort query\n  code:      1020\n  context:   system requested abort",
          intervenes=True),
    _line(r"disk full.*", _REPAIR, words.DISK, _ASSUMED, "Disk Full",
          detail="error:  Disk Full\n  code:      1016"),
    _line(r".*cannot execute .{1,40} in a read-only transaction.*", _RETRY, words.READ_ONLY,
          "Management Guide, Resizing clusters", "cannot execute COPY in a read-only transaction",
          "25006"),
)  # fmt: skip
# Of a value or a file: Redshift's own views know more.
_DATA: Final = (
    _line(rf"cannot insert a null value into column {_NAME}", _REPAIR,
          "column {} is NOT NULL, got no value", _LOAD_ERRORS,
          "Cannot insert a NULL value into column name", complete=False),
    _line(rf'null value in column {_NAME} (?:of relation ".*" )?violates not-null constraint',
          _REPAIR, "column {} is NOT NULL, got no value", _POSTGRES,
          'null value in column "name" violates not-null constraint', "23502", complete=False),
    _line(r"the length of the data column (?P<name>[^\s\"]{1,127}) is longer than the length "
          r"defined in the table\..*", _REPAIR, "a value is longer than its column {}",
          "amazon-redshift-python-driver#107", "Spectrum Scan Error",
          detail="error:  Spectrum Scan Error\n  code:      15001\n  context:   The length of the "
          "data column name is longer than the length defined in the table. Table: 3, "
          "Data: 9, File name: https://s3.amazonaws.com/b/f.parquet", complete=False),
    _line(r"value too long for (?:character )?type.*", _REPAIR, "a value is longer than its column",
          _LOAD_ERRORS, "Value too long for character type", complete=False),
    _line(r"numeric data overflow.*", _REPAIR, "a number has more digits than its column",
          _LOAD_ERRORS, "Numeric data overflow (result precision)", complete=False),
    _line(r"invalid digit.*", _REPAIR, "a value is not a number", _LOAD_ERRORS,
          "Invalid digit, Value 'Q', Pos 0, Type: Integer", "22P02", complete=False),
    _line(r"load into table '(?P<name>[^']{1,300})' failed.*", _REPAIR,
          "a staged file has a value that does not fit table {}",
          _GUIDE + "SYS_LOAD_ERROR_DETAIL",
          "Load into table 'ledger' failed.  Check 'sys_load_error_detail' system table for "
          "details.", complete=False),
    _line(r".*incompatible parquet schema for column '(?:[^']*[./])?(?P<name>[^'./]{1,127})'.*",
          _REPAIR, "a staged file has another type in column {} than the table", _SPECTRUM,
          "Spectrum Scan Error",
          detail="error:  Spectrum Scan Error\n  code:      15007\n  context:   File 'f' has an "
          "incompatible Parquet schema for column 's3://b/f.name'. Column type: INT",
          complete=False),
    _line(r".*incompatible parquet schema.*|unmatched number of columns.*", _REPAIR,
          "a staged file has other columns or types than the table", _SPECTRUM,
          "Unmatched number of columns between table and file. Table columns: 2", complete=False),
    _line(r"mandatory url\b.*", _REPAIR, words.FILE_MISSING, _GUIDE + "Using a manifest",
          "Mandatory url is not present: s3://b/k", complete=False),
    _line(r"the specified S3 (?:prefix|object|key)\b.*\bdoes not exist.*", _REPAIR,
          words.FILE_MISSING, _GUIDE + "S3ServiceException errors",
          "The specified S3 prefix 'a/b' does not exist", complete=False),
    _line(_S3 + r"(?:\bNoSuchBucket\b|bucket does not exist).*", _REPAIR, words.NO_BUCKET,
          _GUIDE + "S3ServiceException errors",
          "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket",
          complete=False),
    _line(_S3 + r"\b(?:NoSuchKey|Status 404)\b.*", _REPAIR, words.FILE_MISSING,
          _GUIDE + "S3ServiceException errors",
          "Problem reading manifest file - S3ServiceException:no key,Status 404,Error NoSuchKey",
          complete=False),
    _line(r"S3 ?Query Exception\b.*", _RETRY, "Redshift could not fetch a staged file",
          "harrystech/arthur-redshift-etl#133, #134", "S3 Query Exception (Fetch)",
          detail="error:  S3 Query Exception (Fetch)\n  code:      15001\n  context:   "
          "boost::thread_resource_error: Resource temporarily unavailable", complete=False),
)  # fmt: skip
_CODES: Final = (
    _code("1018", "a table is younger than the transaction's snapshot", _ISOLATION, _RETRY),
    _code("1023", "another transaction has changed the same table at the same time", _ISOLATION,
          _RETRY),
    _code("1058", "a number overflows", _LOAD_ERRORS),
    _code("1202", "a file holds more columns than the table", _LOAD_ERRORS),
    _code("1203", "a file holds fewer columns than the table", _LOAD_ERRORS),
    _code("1204", "a value is longer than its column", _LOAD_ERRORS),
    _code("1205", "a date cannot be read", _LOAD_ERRORS),
    _code("1206", "a timestamp cannot be read", _LOAD_ERRORS),
    _code("1207", "a value has a character that its type does not allow", _LOAD_ERRORS),
    _code("1208", "a floating-point number cannot be read", _LOAD_ERRORS),
    _code("1209", "a decimal cannot be read", _LOAD_ERRORS),
    _code("1210", "a boolean cannot be read", _LOAD_ERRORS),
    _code("1212", words.FILE_MISSING, _LOAD_ERRORS),
    _code("1213", "a required column has no value", _LOAD_ERRORS),
    _code("1214", "a value is missing", _LOAD_ERRORS),
    _code("1215", "a value does not fit CHAR", _LOAD_ERRORS),
    _code("1216", "a line cannot be read", _LOAD_ERRORS),
    _code("1220", "a text holds a character that Redshift does not take", _LOAD_ERRORS),
    _code("1222", "a number overflows its integer column", _LOAD_ERRORS),
    _code("1224", "a value does not fit SUPER", _LOAD_ERRORS),
    _code("8007", "a column that is NOT NULL got no value", _ASSUMED),
    _code("15001", "Redshift could not fetch a staged file", _SPECTRUM),
    _code("15005", "Redshift could not reach S3", "harrystech/arthur-redshift-etl#134", _RETRY),
    _code("15007", "Redshift could not read a staged file", _SPECTRUM),
)  # fmt: skip
# Less than a code says, and more than a SQLSTATE.
_COARSE: Final = (
    _line(r"spectrum scan error.*", _REPAIR, "Redshift could not read a staged file", _SPECTRUM,
          "Spectrum Scan Error", complete=False),
)  # fmt: skip
_STATES: Final = (
    _state("0A000", words.UNSUPPORTED),
    _state("25001", words.IN_TRANSACTION),
    _state("25006", words.READ_ONLY, _RETRY, "Management Guide, Resizing clusters"),
    _state("25P02", words.ABORTED),
    _state("28000", words.LOGIN),
    _state("28P01", words.LOGIN),
    _state("2BP01", words.DEPENDENT),
    _state("3D000", words.NO_DATABASE),
    _state("3F000", _leave_unnamed(words.NO_SCHEMA)),
    _state("40001", "another transaction has changed the same table at the same time", _RETRY),
    _state("40P01", "deadlock with another transaction", _RETRY),
    _state("42501", words.NO_PERMISSION),
    _state("42601", words.SYNTAX),
    _state("42701", words.COLUMN_EXISTS),
    _state("42703", _leave_unnamed(words.NO_COLUMN)),
    _state("42P01", _leave_unnamed(words.NO_TABLE)),
    _state("42P07", _leave_unnamed(words.TABLE_EXISTS)),
    _state("53100", words.DISK),
    _state("53200", "the warehouse is out of memory", _RETRY),
    _state("53300", words.CONNECTIONS, _RETRY),
    _state("55P03", "a lock is not available", _RETRY),
    _state("57014", words.CANCELLED, _RETRY, _GUIDE + "statement_timeout; WLM query queue hopping"),
    _state("57P01", "the session was ended by an administrator, or by maintenance or a resize",
           _RETRY, _GUIDE + "PG_TERMINATE_BACKEND"),
    _state("57P02", "the server has crashed", _RETRY),
    _state("57P03", "the server does not take connections at present", _RETRY),
)  # fmt: skip
_CLASSES: Final = (
    _state("08", "the connection failed", _RETRY),
    _state("22", words.MISFIT),
    _state("23", words.CONSTRAINT),
    _state("40", "the transaction was rolled back", _RETRY),
    _state("53", "resources are exhausted", _RETRY),
    _state("54", words.LIMIT),
    _state("57", "an operator or a limit ended the statement", _RETRY),
    _state("58", "internal server failure", _RETRY),
    _state("XX", words.INTERNAL),
)
ANY_OTHER: Final = KnownError(
    Remedy.REPAIR, "an unrecognised error", "any other", Example("any text", "99999"),
    complete=False,
)  # fmt: skip
# In this order: the first that matches is the error's.
SERVER_ERRORS: Final = (*_COMPLETE, *_DATA, *_CODES, *_COARSE, *_STATES, *_CLASSES, ANY_OTHER)


def _client(when: str, remedy: Remedy, text: str) -> KnownError:
    return KnownError(remedy, text, "the driver, or the system", when=when)


TLS_REFUSED: Final = _client("connecting: the server has no TLS", _REPAIR, words.TLS_REFUSED)
OTHER_HOST: Final = _client(
    "connecting: the certificate is for another name", _REPAIR, words.OTHER_HOST
)
NOT_TRUSTED: Final = _client(
    "connecting: the certificate is not trusted, or not valid", _REPAIR, words.NOT_TRUSTED
)
UNKNOWN_HOST: Final = _client(
    "connecting: the host's name does not exist", _REPAIR, words.UNKNOWN_HOST
)
NO_DNS: Final = _client("connecting: DNS gives no answer", _RETRY, words.NO_DNS)
PORT_CLOSED: Final = _client("connecting: the port is closed", _RETRY, words.PORT_CLOSED)
NO_ANSWER: Final = _client("connecting: no answer in time", _RETRY, words.NO_ANSWER)
UNCONNECTED: Final = _client("connecting: any other error", _RETRY, words.UNCONNECTED)
LOST: Final = _client("later: the connection is lost", Remedy.UNKNOWN, words.LOST)
CLIENT_ERRORS: Final = (
    TLS_REFUSED, OTHER_HOST, NOT_TRUSTED, UNKNOWN_HOST, NO_DNS, PORT_CLOSED, NO_ANSWER,
    UNCONNECTED, LOST,
)  # fmt: skip
