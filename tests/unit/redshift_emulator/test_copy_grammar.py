from __future__ import annotations

import pytest

from infra.redshift_emulator.copy_grammar import CopyCommand, S3Url
from infra.redshift_emulator.dialect import read_statement
from infra.redshift_emulator.errors import RedshiftError

ROLE = "arn:aws:iam::123456789012:role/copy"


def test_a_full_command() -> None:
    statement = read_statement(
        f"""
        COPY "Stage".t (a, "B") -- the stage
        FROM 's3://bucket/a/b.manifest' IAM_ROLE '{ROLE}'
        FORMAT AS PARQUET MANIFEST STATUPDATE OFF
        """
    )

    source = S3Url("bucket", "a/b.manifest")
    assert statement.copy == CopyCommand('"stage".t', ("a", '"b"'), source, manifest=True)


@pytest.mark.parametrize("wanted", ["format as parquet", "format parquet", "parquet"])
def test_ways_to_say_parquet(wanted: str) -> None:
    command = read_statement(f"copy t from 's3://b/k' iam_role default {wanted}").copy

    assert command == CopyCommand("t", (), S3Url("b", "k"), manifest=False)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("iam_role default", "other than Parquet"),
        ("iam_role default csv", "COPY of CSV"),
        ("parquet", "only accepts IAM_ROLE credentials"),
        ("credentials 'x' parquet", "only accepts IAM_ROLE credentials"),
        ("iam_role 'nobody' parquet", "Invalid IAM role"),
        ("iam_role default parquet maxerror as 5", "MAXERROR argument is not supported"),
        ("iam_role default parquet gzip", "GZIP argument is not supported"),
        ("iam_role default parquet nonsense", "syntax error"),
    ],
)
def test_refusals(rest: str, words: str) -> None:
    with pytest.raises(RedshiftError, match=words):
        read_statement(f"copy t from 's3://b/k' {rest}")


@pytest.mark.parametrize("source", ["'bucket/key'", "stdin", "'s3://bucket'"])
def test_other_sources(source: str) -> None:
    with pytest.raises(RedshiftError):
        read_statement(f"copy t from {source} iam_role default parquet")
