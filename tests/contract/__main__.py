"""Runs `build.py contract`: says what it does, runs the tests, writes the report.

1. What is created and what that costs is printed, and nothing is done without consent.
2. The server is asked who it is; one that cannot be used ends the run with one sentence.
3. What interrupted runs have left is named, or dropped with `--clean`.
4. The tests run, one after the other, each in a schema of its own that it drops.
5. The report is written.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from redshift_connector.error import Error

from connectors.failures import describe_error
from connectors.redshift.access import SslMode
from connectors.redshift.connection import open_connection
from connectors.redshift.errors import CONNECTION_LOST, Step, classify, server_fields
from tests.contract.command_line import PASSWORD, parse
from tests.contract.report import Report
from tests.contract.warehouse import PREFIX, Warehouse, value

_DIFFERENT, _NO_CONSENT = 1, 2
_CLUSTER_ROWS = 1_000_000
# SQLSTATEs of a login that is refused.
_LOGIN_REFUSED = {"28000", "28P01"}
_PRICE = """\
This runs the contract tests in the database {database} of {host}:
- Some 370 tests, each in a schema {prefix}_... of its own, which it drops. No other schema is written to.
- Files below s3://{bucket}/{prefix}/, which are deleted: a few hundred small ones, and
  about {megabytes} MB for a table of {rows:,} rows.
- It needs CREATE on the database, and on the bucket s3:PutObject, s3:ListBucket and s3:DeleteObject for your
  own credentials, s3:GetObject for the role of COPY.
- It keeps the cluster busy for an estimated 20 to 60 minutes. A provisioned cluster costs no more for that; a
  Serverless workgroup bills its RPUs for so long: 8 RPUs are at most 8 RPU-hours. Requests to S3 cost cents.
"""  # noqa: E501 - it is prose
# Parquet of a row of the measured target, with its manifest and the batch.
_ROW_BYTES = 60


class UnusableClusterError(Exception):
    """The cluster or the bucket cannot be used, which a person has to change."""


def main() -> int:
    """Runs it; the exit code is as the help says."""
    arguments = parse()
    if arguments.redshift is None:
        return run_tests(arguments, Report("the local emulator", {}, rows=arguments.rows))
    if not arguments.clean and not consents(arguments):  # 1
        return _NO_CONSENT
    try:
        warehouse, server = find_cluster(arguments)  # 2
        remaining = warehouse.clean() if arguments.clean else warehouse.remaining()  # 3
    except UnusableClusterError as error:
        sys.stderr.write(f"contract: {error}\n")
        return _DIFFERENT
    if arguments.clean:
        sys.stdout.write(f"Dropped {len(remaining)} schemas, and deleted their files.\n")
        return 0
    if remaining:
        sys.stdout.write(
            f"Interrupted runs have left {len(remaining)} schemas; --clean drops them.\n"
        )
    host, _, _ = arguments.redshift
    secrets = {
        host: "host",
        str(warehouse.connection["user"]): "user",
        str(warehouse.connection["password"]): "password",
        arguments.bucket: "bucket",
    }
    if arguments.role != "default":
        secrets[arguments.role] = "role"
    rows = arguments.rows or _CLUSTER_ROWS
    return run_tests(arguments, Report(server, secrets, warehouse, rows))


def consents(arguments: argparse.Namespace) -> bool:
    """Says what the run does, and asks unless that was answered beforehand."""
    host, _, _ = arguments.redshift
    rows = arguments.rows or _CLUSTER_ROWS
    sys.stdout.write(
        _PRICE.format(
            host=host,
            database=database_of(arguments),
            bucket=arguments.bucket,
            prefix=PREFIX,
            rows=rows,
            megabytes=max(1, rows * _ROW_BYTES // 1_000_000),
        )
    )
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        sys.stderr.write("contract: nothing was done; --yes starts it without asking\n")
        return False
    return input("Start? [y/N] ").strip().lower() in {"y", "yes"}


def database_of(arguments: argparse.Namespace) -> str:
    """The database: as given, or that of the endpoint, or a new cluster's."""
    _, _, of_endpoint = arguments.redshift
    return str(arguments.database or of_endpoint or "dev")


def find_cluster(arguments: argparse.Namespace) -> tuple[Warehouse, str]:
    """The cluster, and what it says that it is. Raises UnusableClusterError."""
    host, port, _ = arguments.redshift
    mode = SslMode(arguments.ssl_mode)
    connection = {
        "host": host,
        "port": port,
        "database": database_of(arguments),
        "user": arguments.user,
        "password": read_password(arguments.user),
        "ssl": mode is not SslMode.NONE,
        "sslmode": None if mode is SslMode.NONE else mode.value,
    }
    try:
        with closing(open_connection(**connection, timeout=20)) as opened:
            server = str(value(opened, "select version()"))
    except (Error, *CONNECTION_LOST) as error:
        if (server_fields(error) or {}).get("C") in _LOGIN_REFUSED:
            text = f"the login is refused: check --user and {PASSWORD}"
            raise UnusableClusterError(text) from None
        raise UnusableClusterError(str(classify(error, "connecting", Step.CONNECT))) from None
    s3: Any = boto3.client("s3")
    if not arguments.clean:
        check_bucket(s3, arguments.bucket)
    return Warehouse(connection, s3, arguments.bucket or "", arguments.role), server


def read_password(user: str) -> str:
    """The password: from the environment, or typed. Raises UnusableClusterError."""
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    if not sys.stdin.isatty():
        text = f"no password: set {PASSWORD}"
        raise UnusableClusterError(text)
    return getpass.getpass(f"Password of {user}: ")


def check_bucket(s3: Any, bucket: str) -> None:
    """Writes, lists and deletes one file. Raises UnusableClusterError."""
    key = f"{PREFIX}/check"
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
        s3.list_objects_v2(Bucket=bucket, Prefix=key)
        s3.delete_object(Bucket=bucket, Key=key)
    except (BotoCoreError, ClientError) as error:
        text = (
            f"bucket {bucket}: a file below {PREFIX}/ cannot be written, listed and deleted: "
            f"{describe_error(error)}. Allow your AWS credentials s3:PutObject, s3:ListBucket and "
            "s3:DeleteObject there, or name another bucket"
        )
        raise UnusableClusterError(text) from None


def run_tests(arguments: argparse.Namespace, report: Report) -> int:
    """Runs the tests (4) and writes the report (5)."""
    words = ["tests/contract", "-q", "--tb=short", "-p", "no:cacheprovider"]
    if arguments.only:
        words += ["-k", arguments.only]
    status = pytest.main(words, plugins=[report])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        sys.stderr.write(f"contract: no report: pytest ended with {int(status)}\n")
        return _DIFFERENT
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(report.markdown())
    sys.stdout.write(f"The report is in {arguments.output}\n")
    return 0 if status == pytest.ExitCode.OK else _DIFFERENT


if __name__ == "__main__":
    sys.exit(main())
