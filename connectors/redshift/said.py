"""Redshift's errors in words of our own: what happened and where, and no value of any row.

Of a server's text only this passes: the SQLSTATE, codes from a list, and names of tables and
columns that the loader itself uses. The text may quote a value anywhere (`Invalid digit, Value
'…'`, a key in a DETAIL), so a form that is not known is replaced by what its SQLSTATE means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_STATE: Final = re.compile(r"[0-9A-Z]{5}")
_PREFIX: Final = re.compile(r"^\s*(ERROR:|error:|context:)\s*")
_CODE: Final = re.compile(r"^\s*(?:ERROR:\s*)?(?:code:\s*)?(\d{4,5})\b")

_CODES: Final = {
    "1018": "a table is younger than the transaction's snapshot",
    "1023": "another transaction has changed the same table at the same time",
    "1058": "a number overflows",
    "1202": "a file holds more columns than the table",
    "1204": "a value is longer than its column",
    "1206": "a timestamp cannot be read",
    "1207": "a value has a character that its type does not allow",
    "1213": "a required column has no value",
    "1214": "a value is missing",
    "1216": "a line cannot be read",
    "1224": "a value does not fit SUPER",
    "8007": "a column that is NOT NULL got no value",
    "15001": "Redshift could not fetch a staged file",
    "15007": "Redshift could not read a staged file",
}
# It stands for errors of many kinds, from roles to manifests: shown, without a meaning.
_GENERAL_CODE: Final = "8001"
# Of the whole transaction; every other code of the list is about a value or a file.
_TRANSACTION_CODES: Final = {"1018", "1023"}
_NAME: Final = r'"?(?P<name>[^"]{1,300}?)"?'
_ROLE: Final = (
    "Redshift may not assume COPY's role: associate copy.role of starjoin.redshift with the "
    "cluster or namespace, and let the role's trust policy name redshift.amazonaws.com, for "
    "Serverless redshift-serverless.amazonaws.com as well"
)
_REGION: Final = (
    "the staging bucket is in another region than the warehouse, and COPY reads Parquet of its own "
    "alone: use a bucket in the warehouse's region"
)
_FILE_MISSING: Final = (
    "a staged file or manifest is missing: see whether the bucket's lifecycle or somebody deleted "
    "it; a version that the bucket still keeps can be restored"
)


def _compiled(*forms: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), words) for pattern, words in forms)


# About a value or a file, of which Redshift keeps more than our words say: they point there.
_DATA_FORMS: Final = _compiled(
    (rf"cannot insert a null value into column {_NAME}", "column {} is NOT NULL, got no value"),
    (
        rf'null value in column {_NAME} (?:of relation ".*" )?violates not-null constraint',
        "column {} is NOT NULL, got no value",
    ),
    (r"value too long for (?:character )?type.*", "a value is longer than its column"),
    (r"numeric data overflow.*", "a number has more digits than its column"),
    (r"invalid digit.*", "a value is not a number"),
    (
        r"load into table '(?P<name>[^']{1,300})' failed.*",
        "a staged file has a value that does not fit table {}",
    ),
    (
        r".*incompatible parquet schema for column '(?:[^']*[./])?(?P<name>[^'./]{1,127})'.*",
        "a staged file has another type in column {} than the table",
    ),
    (
        r".*incompatible parquet schema.*|unmatched number of columns.*",
        "a staged file has other columns or types than the table",
    ),
)
# Said of a file in the message, while a line of the detail may say more.
_COARSE_FORMS: Final = _compiled(
    (r"S3 Query Exception \(Fetch\).*", "Redshift could not fetch a staged file"),
    (r"spectrum scan error.*", "Redshift could not read a staged file"),
)
_FILE_FORMS: Final = _compiled(
    (r"mandatory url\b.*", _FILE_MISSING),
    (r"the specified S3 (?:prefix|object|key)\b.*\bdoes not exist.*", _FILE_MISSING),
    (
        r".*S3ServiceException:.*(?:\bNoSuchBucket\b|bucket does not exist).*",
        "the staging bucket does not exist: check bucket of starjoin.staging",
    ),
    (r".*S3ServiceException:.*\b(NoSuchKey|Status 404)\b.*", _FILE_MISSING),
)
# What our words say completely. {} is the name, if it is one of ours.
_FORMS: Final = _compiled(
    (rf"column {_NAME}(?: of relation .*)? does not exist.*", "column {} does not exist"),
    (rf"relation {_NAME} does not exist.*", "table {} does not exist"),
    (rf"cannot copy into nonexistent table {_NAME}", "table {} does not exist"),
    (rf"relation {_NAME} already exists.*", "table {} exists already"),
    (rf"schema {_NAME} does not exist.*", "schema {} does not exist"),
    (rf"permission denied for (?:table|relation) {_NAME}", "no permission for table {}"),
    (rf"permission denied for schema {_NAME}", "no permission for schema {}"),
    (r"permission denied for database .*", "no permission to create schemas in the database"),
    (rf"must be owner of (?:table|relation) {_NAME}", "the user does not own table {}"),
    (
        r".*\bcombined length of columns\b.*",
        "the columns of a row are wider together than the 65535 bytes that Redshift processes",
    ),
    (
        r"(?:user .{1,300} is )?not authorized to (?:assume IAM role|get credentials of role)\b.*",
        _ROLE,
    ),
    (
        r".*S3ServiceException:.*\b(?:PermanentRedirect|Status 301|must be addressed using)\b.*",
        _REGION,
    ),
    (r".*\bbucket is in a different region\b.*", _REGION),
    (
        r".*S3ServiceException:.*\b(?:InvalidAccessKeyId|InvalidToken|ExpiredToken)\b.*",
        (
            "S3 does not know the credentials of COPY's role: check that the role still exists and "
            "is associated with the cluster or namespace"
        ),
    ),
    (
        r".*S3ServiceException:.*\b(AccessDenied|Status 403)\b.*",
        (
            "S3 refuses COPY's role (403): allow it s3:ListBucket and s3:GetObject on the staging "
            "bucket and, if the bucket is encrypted with a key of its own, kms:Decrypt on that key"
        ),
    ),
    (r".*S3ServiceException:.*\b(SlowDown|Status 503)\b.*", "S3 asks COPY to slow down (503)"),
    (r".*S3ServiceException:.*\b(InternalError|Status 500)\b.*", "S3 failed (500)"),
    (r".*conflict with concurrent transaction.*", "conflict with a concurrent transaction"),
    (r"password authentication failed.*", "Redshift refuses the login of the secret"),
    (r".*query monitoring rule.*", "a rule of the workload management ended the statement"),
    (r"disk full.*", "the disk is full"),
)
_STATES: Final = {
    "0A000": "Redshift does not support the statement",
    "25001": "the statement cannot run inside a transaction",
    "25006": "the database takes no changes at present",
    "25P02": "the transaction has failed before",
    "28000": "Redshift refuses the login of the secret",
    "28P01": "Redshift refuses the login of the secret",
    "3D000": "the database does not exist",
    "3F000": "a schema does not exist",
    "40001": "another transaction has changed the same table at the same time",
    "40P01": "two transactions wait for each other",
    "42501": "the user lacks a permission",
    "42601": "the statement cannot be read",
    "42701": "a column exists already",
    "42703": "a column does not exist",
    "42P01": "a table does not exist",
    "42P07": "a table exists already",
    "53100": "the disk is full",
    "53200": "the memory is exhausted",
    "53300": "there are too many connections",
    "55P03": "a lock is not available",
    "57014": (
        "the statement was cancelled: it ran, or waited for a lock or a queue, longer than "
        "statement.seconds of starjoin.redshift, or it was cancelled by hand"
    ),
    "57P01": "the session was ended by an administrator",
    "57P02": "the server has crashed",
    "57P03": "the server does not take connections at present",
}
_CLASSES: Final = {
    "08": "the connection failed",
    "22": "a value does not fit its column",
    "23": "a value breaks a constraint",
    "40": "the transaction was rolled back",
    "53": "resources are exhausted",
    "54": "a limit of Redshift is passed",
    "57": "an operator or a limit ended the statement",
    "58": "the server has a fault",
    "XX": "an internal error",
}
_UNKNOWN: Final = "an error of unknown kind"
ELSEWHERE: Final = (
    "Redshift's own words can quote values and are not repeated: see SYS_QUERY_HISTORY, and "
    "SYS_LOAD_ERROR_DETAIL of a COPY"
)


def state_of(fields: Mapping[str, str]) -> str:
    """The SQLSTATE, or `unknown`."""
    state = fields.get("C", "")
    return state if _STATE.fullmatch(state) else "unknown"


def sentence(fields: Mapping[str, str], known: frozenset[str]) -> str:
    """What a server's error means; `known` are the names that may be repeated.

    It points to what Redshift keeps wherever that has more: for errors of values and files, and for
    those whose kind is not known.
    """
    state = state_of(fields)
    lines = [line for key in ("M", "D") for line in fields.get(key, "").splitlines()]
    code = next((c[1] for line in lines if (c := _CODE.match(line)) and _is_code(c[1])), "")
    complete, of_data = _form(lines, _FORMS, known), None
    if complete is None:
        of_data = _form(lines, _DATA_FORMS + _FILE_FORMS, known)
        if of_data is None and code not in _CODES:
            of_data = _form(lines, _COARSE_FORMS, known)
    cause = complete or of_data or _CODES.get(code) or _STATES.get(state)
    cause = cause or _CLASSES.get(state[:2], _UNKNOWN)
    coded = f", code {code}" if code else ""
    said_all = complete or (
        of_data is None and (code in _TRANSACTION_CODES if code in _CODES else state in _STATES)
    )
    return f"{cause} (SQLSTATE {state}{coded})" + ("" if said_all else f". {ELSEWHERE}")


def _is_code(text: str) -> bool:
    return text in _CODES or text == _GENERAL_CODE


def _form(
    lines: list[str], forms: tuple[tuple[re.Pattern[str], str], ...], known: frozenset[str]
) -> str | None:
    """What the first line that a form matches as a whole means."""
    for line in lines:
        text = _PREFIX.sub("", line).strip()
        for pattern, words in forms:
            if match := pattern.fullmatch(text):
                return words.format(_known(match.groupdict().get("name") or "", known))
    return None


def _known(name: str, known: frozenset[str]) -> str:
    """The name if every part of it is one of ours."""
    parts = name.replace('"', "").split(".")
    return ".".join(f'"{part}"' for part in parts) if set(parts) <= known else "(not one of ours)"
