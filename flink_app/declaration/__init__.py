"""Declarations: a star or snowflake schema as data, and everything that follows from one.

Modules:
    file: a declaration file is read.
    inspection: every fault of a document at once, or its declaration.
    declaration: the whole of a file, whose parts fit together.
    model: tables, columns and targets, each valid in itself.
    formula: how a computed column is declared.
    literals: the values that a file writes out.
    names: the names that a file may give.
    vocabulary: what people write who know other tools, and what it is called here.
    partitions: which tables of the source are partitions of a declared one.
    collation: how a source compares keys, and the one form of what it takes for equal.
    types: column types, and what each is in Arrow and in Redshift.
    type_names: the types of other databases, and what to declare for them.
    dms_records: the section `stream`: how DMS writes its records.
    rules: what tables and their columns must keep; with it those of the next four.
    reference_rules: what references must keep.
    target_rules: what targets must keep.
    computed_rules: what computed columns must keep.
    condition_rules: what the conditions of rows that count must keep.
    expressions: what a formula means: its columns, and a type that no row can leave.
    editor_schema: the JSON Schema that editors check a file with.
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
