"""What a declaration needs and the source's tables do not have, each with its place in the file.

The tables are those of a `Catalogue`, so nothing here asks a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from flink_app.declaration import Declaration
from flink_app.validation.fault import Fault
from flink_app.validation.words import find_meant, list_words
from infra.catalogue.model import Catalogue, SourceTable, TableName


@dataclass(frozen=True)
class Matching:
    """A declaration beside the tables of a source."""

    declaration: Declaration
    catalogue: Catalogue

    @cached_property
    def _tables(self) -> Mapping[TableName, SourceTable]:
        return {table.full_name: table for table in self.catalogue.tables}

    def find_faults(self) -> Iterator[Fault]:
        """Every table and column that is declared and not in the source as it is declared."""
        for name in self.declaration.tables:
            tables = self._source_tables(name)
            if not tables:
                yield self._missing_table(name)
            for table in tables:
                yield from self._faults_of_columns(name, table)
                yield from self._faults_of_partitions(name, table)
                yield from self._faults_of_key(name, table)

    def captured_tables(self) -> list[TableName]:
        """The tables of the source whose changes are the declared tables'."""
        tables = [self._source_tables(name) for name in self.declaration.tables]
        return list(dict.fromkeys(table.full_name for each in tables for table in each))

    def _source_tables(self, name: str) -> list[SourceTable]:
        """The table of that name, or else those that are declared as its partitions."""
        if table := self._tables.get(self.declaration.source_of(name)):
            return [table]
        declares = self.declaration.is_partition
        return [t for t in self.catalogue.tables if declares(name, t.schema, t.name)]

    def _missing_table(self, name: str) -> Fault:
        schema, source = self.declaration.source_of(name)
        return Fault(
            ("tables", name),
            f"the source has no table {schema}.{source}",
            self._explain_missing(schema, source),
            subject=f"table {name}",
            of_key=True,
        )

    def _explain_missing(self, schema: str, source: str) -> str:
        full = f"{schema}.{source}"
        for other in self.catalogue.left_out:
            if other.name in {full, f"{schema}.*"}:
                return f"{other.name} is left out: {other.reason}"
        elsewhere = sorted(t.schema for t in self.catalogue.tables if t.name == source)
        if elsewhere:
            return f"it is in schema {elsewhere[0]}: declare source_schema: {elsewhere[0]}"
        within = [t.name for t in self.catalogue.tables if t.schema == schema]
        if meant := find_meant(source, within):
            return f"did you mean {meant}? Write source: {meant}"
        if within:
            return f"schema {schema} has {list_words(within)}"
        schemas = sorted({t.schema for t in self.catalogue.tables})
        return f"it has no schema {schema}; there are {list_words(schemas)}"

    def _faults_of_columns(self, name: str, table: SourceTable) -> Iterator[Fault]:
        known = [column.name for column in table.columns]
        for column, declared in self.declaration.tables[name].columns.items():
            source = declared.source or column
            if source not in known:
                meant = find_meant(source, known)
                yield Fault(
                    ("tables", name, "columns", column),
                    f"table {'.'.join(table.full_name)} of the source has no column {source}",
                    f"did you mean {meant}? Write source: {meant}"
                    if meant
                    else f"it has {list_words(known)}",
                    subject=f"table {name}, column {column}",
                    of_key=True,
                )

    def _faults_of_partitions(self, name: str, table: SourceTable) -> Iterator[Fault]:
        for schema, partition in table.partitions:
            if not self.declaration.is_partition(name, schema, partition):
                yield Fault(
                    ("tables", name),
                    f"changes of {'.'.join(table.full_name)} arrive under the names of its "
                    f"partitions, and no pattern of `partitions` matches {schema}.{partition}",
                    f'write partitions: "{table.name}%" or a list of names',
                    subject=f"table {name}",
                    of_key=True,
                )
                return

    def _faults_of_key(self, name: str, table: SourceTable) -> Iterator[Fault]:
        """The log must name changed rows by the declared key, or deletes come without it."""
        if table.log_has_whole_rows:
            return
        declared = self.declaration.tables[name]
        key = {declared.columns[column].source or column for column in declared.key}
        if any(key <= {*each.columns} for each in table.keys if each.identifies_changes):
            return
        full = f'"{table.schema}"."{table.name}"'
        alike = [each for each in table.keys if {*each.columns} == key and not each.is_primary]
        identity = f'USING INDEX "{alike[0].name}"' if alike else "FULL"
        yield Fault(
            ("tables", name, "key"),
            f"the source's log does not name changed rows of {'.'.join(table.full_name)} by "
            f"{', '.join(sorted(key))}",
            f"run ALTER TABLE {full} REPLICA IDENTITY {identity} at the source",
            subject=f"table {name}, key",
        )
