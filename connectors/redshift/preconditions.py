"""What a load needs of the warehouse as a whole: how it compares text, who is asking, its bucket.

A start checks it. Nothing fails in a database that ignores case, and rows are lost; a bucket in
another Region fails the first COPY, long after the deployment that it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from connectors.redshift.endpoint import parse_endpoint
from connectors.redshift.errors import NeedsRepairError, RetryLoadError
from connectors.redshift.ledger import Cursor
from connectors.redshift.names import quote
from connectors.staging.errors import StagingRefusedError, StagingUnavailableError

_CASE_SENSITIVE: Final = "case_sensitive"


def check_collation(cursor: Cursor) -> None:
    """Raises NeedsRepairError in a database in which keys that differ in case are one key."""
    cursor.execute("SELECT db_collation()")
    ((collation,),) = cursor.fetchall()
    if collation != _CASE_SENSITIVE:
        message = (
            f"the database compares text without regard to case (db_collation() is {collation}): "
            "rows whose keys differ in case alone, as AB and ab, would replace each other. Load "
            "into a database that was created with COLLATE CASE_SENSITIVE, which is the default: "
            "`database` of starjoin.redshift"
        )
        raise NeedsRepairError(message)


def check_may_create(cursor: Cursor, schemas: Sequence[str]) -> None:
    """Raises NeedsRepairError unless tables and views can be made in those schemas that exist."""
    marks = ", ".join(["%s"] * len(schemas))
    cursor.execute(
        f"SELECT nspname FROM pg_namespace WHERE nspname IN ({marks}) "
        "AND NOT has_schema_privilege(nspname, 'create')",
        schemas,
    )
    if refused := sorted(quote(str(name)) for (name,) in cursor.fetchall()):
        grants = "; ".join(
            f"GRANT USAGE, CREATE ON SCHEMA {schema} TO <user>" for schema in refused
        )
        message = (
            "the loader's user may not create tables and views in schema "
            f"{', '.join(refused)}, where every target is a view of a base table: {grants}"
        )
        raise NeedsRepairError(message)


def check_region(host: str, bucket: str, region_of_bucket: Callable[[], str]) -> None:
    """Raises NeedsRepairError if COPY cannot read the bucket because of its Region.

    Only where the host tells the warehouse's Region and S3 the bucket's, which may be empty; else
    the first COPY finds out. Raises RetryLoadError while S3 does not answer.
    """
    endpoint = parse_endpoint(host)
    if endpoint is None:
        return
    try:
        bucket_region = region_of_bucket()
    except StagingRefusedError as error:
        raise NeedsRepairError(str(error)) from None
    except StagingUnavailableError as error:
        raise RetryLoadError(str(error)) from None
    if bucket_region not in {"", endpoint.region}:
        message = (
            f"the staging bucket {bucket} is in {bucket_region}, and the warehouse in "
            f"{endpoint.region} (by its endpoint's name): COPY can load Parquet only from a bucket "
            f"in the warehouse's Region. Use one in {endpoint.region}: `bucket` of starjoin.staging"
        )
        raise NeedsRepairError(message)
