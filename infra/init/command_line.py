"""The command line of `starjoin init`. Standard library only: help needs no environment."""

from __future__ import annotations

from pathlib import Path

from infra.arguments import ArgumentParser


def parser(prog: str = "starjoin init") -> ArgumentParser:
    """The options of `init`."""
    parser = ArgumentParser(
        prog=prog,
        description="Read a database of PostgreSQL, MySQL or MariaDB and propose a declaration: "
        "tables, keys, references, types, a wide target for each fact, treatments for what looks "
        "personal. Nothing is changed in the database, and no value of a row is kept or shown: "
        "read-only transactions read the catalogue, and count in up to 500 rows of each table "
        "what values look like.",
        epilog="Exit codes: 0 a declaration was written; 1 the source cannot be read, or has "
        "nothing to declare; 2 wrong arguments, or a file that cannot be written. "
        "The password is best left out of --dsn: set PGPASSWORD, or have it in "
        "~/.pgpass; for MySQL set MYSQL_PWD.",
        advice={
            "--url": "the address is --dsn",
            "--database": "the address is --dsn, and has the database's name",
            "--host": "the address is --dsn, as postgresql://USER@HOST:5432/DATABASE or "
            "mysql://USER@HOST:3306/DATABASE",
            "--force": "a file that is there is replaced by --overwrite",
        },
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--dsn",
        metavar="ADDRESS",
        help="the database, as postgresql://USER@HOST:5432/DATABASE or as libpq takes it, "
        "or as mysql://USER@HOST:3306/DATABASE",
    )
    source.add_argument(
        "--records",
        type=Path,
        metavar="RECORDS",
        help="instead of a database, a file of DMS records with create-table control records, one "
        "JSON object a line",
    )
    parser.add_argument(
        "--schema",
        action="append",
        default=[],
        metavar="SCHEMA",
        help="read this schema alone; may be given several times (default: all; of a MySQL, whose "
        "schemas are databases, that of the address)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="where the declaration is written (default: standard output)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace FILE if it is there already"
    )
    parser.add_argument(
        "--no-samples",
        action="store_true",
        help="read the catalogue alone, and no row of any table",
    )
    return parser
