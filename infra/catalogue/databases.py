"""Which database an address is of, and its catalogue. The drivers are imported when needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from infra.catalogue.model import Catalogue, CatalogueError

# A driver behind a plus, as SQLAlchemy has it, is passed over.
_SCHEME: Final = re.compile(r"^(?P<name>[a-z]+)(\+[a-z0-9]+)?://", re.IGNORECASE)
_POSTGRESQL: Final = ("postgresql", "postgres")
_MYSQL: Final = ("mysql", "mariadb")


def is_mysql(address: str) -> bool:
    """Whether an address is one of a MySQL or a MariaDB."""
    scheme = _SCHEME.match(address)
    return scheme is not None and scheme["name"].lower() in _MYSQL


def read_database(
    address: str,
    schemas: Sequence[str],
    *,
    with_samples: bool,
    report: Callable[[int, int], None],
) -> Catalogue:
    """What a database says of its tables, and what samples of their values look like.

    `report` is called before each table with how many are done, and how many there are.
    Raises CatalogueError where it cannot be read, or has no table.
    """
    if is_mysql(address):
        from infra.catalogue import mysql

        return mysql.read_database(address, schemas, with_samples=with_samples, report=report)
    scheme = _SCHEME.match(address)
    if scheme is not None and scheme["name"].lower() not in _POSTGRESQL:
        message = (
            "--dsn is not an address of a database that can be read: write it as "
            "postgresql://USER@HOST:5432/DATABASE or as mysql://USER@HOST:3306/DATABASE"
        )
        raise CatalogueError(message, is_of_arguments=True)
    from infra.catalogue import postgresql

    return postgresql.read_database(address, schemas, with_samples=with_samples, report=report)
