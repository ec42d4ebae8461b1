"""Declarations: a star or snowflake schema as data, and everything that follows from one.

Modules:
    file: a declaration file is read, and the JSON Schema for editors written.
    declaration: the whole of a file, whose parts fit together.
    model: tables, columns and targets, each valid in itself.
    names: the names that a file may give.
    partitions: which tables of the source are partitions of a declared one.
    collation: how a source compares keys, and the one form of what it takes for equal.
    types: column types, and what each is in Arrow and in Redshift.
    dms_records: the section `stream`: how DMS writes its records.
    rules: what the parts must keep between each other.
    redshift_rules: what Redshift would refuse of the tables that follow.
    star: a declaration, resolved: columns, paths, and what every block holds.
    provenance: what values have been through, written beside those that are kept.
    version: which declaration made something.
"""

from flink_app.declaration.declaration import Declaration
from flink_app.declaration.file import DeclarationError, load_declaration
from flink_app.declaration.model import Column, Reference, Table, Target, Treatment
from flink_app.declaration.star import POSITION, Path, Star
from flink_app.declaration.types import ColumnType

__all__ = [
    "POSITION",
    "Column",
    "ColumnType",
    "Declaration",
    "DeclarationError",
    "Path",
    "Reference",
    "Star",
    "Table",
    "Target",
    "Treatment",
    "load_declaration",
]
