"""One load: pending parts into the warehouse in one transaction, or a typed error.

Plain values in, plain values out: it runs under Flink, in a test and in a simulation alike. The
transaction's steps are numbered in `plan`. After a lost reply nothing is guessed: the next
attempt locks the ledger, which waits until the old transaction has ended, and leaves out what it
finds there.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from redshift_connector.error import Error

from connectors.blocks import Kind
from connectors.redshift import ledger
from connectors.redshift.ddl import create_statements
from connectors.redshift.errors import CONNECTION_LOST, NeedsRepair, RetryLoad, classify
from connectors.redshift.manifest import manifest
from connectors.redshift.names import Names
from connectors.redshift.pending import check_shapes
from connectors.redshift.plan import plan_load
from connectors.redshift.spec import WarehouseSpec
from connectors.staging.part import Part

_CLIENT_ERRORS: Final = (Error, *CONNECTION_LOST)


class ManifestStore(Protocol):
    """Where manifests are written to."""

    def put(self, key: str, body: bytes) -> str:
        """Writes an object and gives its address."""


@dataclass(frozen=True)
class Loaded:
    """A transaction that was committed. `already` had been loaded by an earlier one."""

    batch: str
    parts: tuple[str, ...]
    already: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every part that is in the warehouse now."""
        return frozenset((*self.parts, *self.already))


class Loader:
    """Loads for one application; one call at a time.

    Args:
        warehouse: the tables.
        application: whose fence is used.
        bookkeeping_schema: where ledger, fence and accounts live.
        copy_role: ARN of COPY's role, or `default`.
        connect: opens a connection without autocommit.
        manifests: where manifests go.
    """

    def __init__(  # noqa: PLR0913 - its settings and what it is given to work with
        self,
        warehouse: WarehouseSpec,
        *,
        application: str,
        bookkeeping_schema: str,
        copy_role: str,
        connect: Callable[[], Any],
        manifests: ManifestStore,
    ) -> None:
        self._warehouse = warehouse
        self._application = application
        self._names = Names(bookkeeping_schema)
        self._copy_role = copy_role
        self._connect = connect
        self._manifests = manifests

    def start(self, number: int) -> None:
        """Creates missing tables, checks those that exist, and takes the fence.

        Raises LoadError; FenceLost when the target is not, or no longer, ours.
        """
        with self._transaction("creating missing tables") as cursor:
            for statement in create_statements(self._warehouse, self._names):
                cursor.execute(statement)
        with self._transaction("taking the fence") as cursor:
            ledger.lock(cursor, self._names)
            ledger.take_fence(cursor, self._names, self._application, number)
            self._check_targets(cursor)

    def load(self, parts: Sequence[Part], number: int) -> Loaded:
        """Applies `parts` in one transaction as start `number`. Raises LoadError."""
        batch = uuid.uuid4().hex
        with self._transaction(f"loading batch {batch}") as cursor:
            ledger.lock(cursor, self._names)
            ledger.verify_fence(cursor, self._names, self._application, number)
            known = ledger.known_parts(cursor, self._names, parts)
            new = [part for part in parts if part.name not in known]
            if new:
                self._apply(cursor, batch, new)
        return Loaded(batch, tuple(part.name for part in new), tuple(known))

    def _apply(self, cursor: ledger.Cursor, batch: str, parts: Sequence[Part]) -> None:
        self._check_streams(parts)
        check_shapes(self._warehouse, parts)
        statements = plan_load(
            self._warehouse,
            self._names,
            rows=self._write_manifests(batch, parts, Kind.ROWS),
            patches=self._write_manifests(batch, parts, Kind.PATCHES),
            copy_role=self._copy_role,
        )
        for statement in statements:
            cursor.execute(statement.sql)
        ledger.record(cursor, self._names, batch, parts)

    def _write_manifests(self, batch: str, parts: Sequence[Part], kind: Kind) -> dict[str, str]:
        """Addresses of the manifests of one kind, by stream."""
        streams: dict[str, list[Part]] = defaultdict(list)
        for part in parts:
            if part.kind is kind:
                streams[part.stream].append(part)
        return {
            stream: self._manifests.put(
                f"manifests/{batch}-{kind.name.lower()}-{stream}.json", manifest(own)
            )
            for stream, own in streams.items()
        }

    @contextmanager
    def _transaction(self, doing: str) -> Iterator[ledger.Cursor]:
        """A connection of its own, committed at the end, gone afterwards either way."""
        try:
            connection = self._connect()
        except _CLIENT_ERRORS as error:
            raise classify(error, f"{doing}: connecting") from error
        except (BotoCoreError, ClientError) as error:
            message = f"{doing}: reading the warehouse's credentials failed: {error}"
            raise RetryLoad(message) from error
        try:
            yield connection.cursor()
            connection.commit()
        except _CLIENT_ERRORS as error:
            raise classify(error, doing) from error
        except (BotoCoreError, ClientError) as error:
            message = f"{doing}: writing the manifest to S3 failed: {error}"
            raise RetryLoad(message) from error
        finally:
            # Closing rolls back what was not committed. A connection that is lost cannot be
            # closed, and its transaction is the server's to end.
            with suppress(*_CLIENT_ERRORS):
                connection.close()

    def _check_streams(self, parts: Sequence[Part]) -> None:
        """Raises NeedsRepair when parts have no table: they would count as loaded, and be lost."""
        known = {(Kind.ROWS, target.stream) for target in self._warehouse.targets}
        known |= {(Kind.PATCHES, patch.stream) for patch in self._warehouse.patches}
        lost = {
            part.stream
            for part in parts
            if part.kind in {Kind.ROWS, Kind.PATCHES} and (part.kind, part.stream) not in known
        }
        if lost:
            message = (
                f"staged parts are of {', '.join(sorted(lost))}, which the declaration no longer "
                "has: start with the former declaration until they are loaded, then change it"
            )
            raise NeedsRepair(message)

    def _check_targets(self, cursor: ledger.Cursor) -> None:
        """Raises NeedsRepair when a target of that name lacks a column."""
        for target in self._warehouse.targets:
            cursor.execute(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_schema = %s AND table_name = %s",
                (target.schema, target.stream),
            )
            present = {str(row[0]) for row in cursor.fetchall()}
            missing = [c for c in target.columns if c.name not in present]
            if missing:
                additions = "; ".join(
                    f'ALTER TABLE {self._names.target(target)} ADD COLUMN "{c.name}" {c.sql_type}'
                    for c in missing
                )
                message = (
                    f"table {target.stream} lacks columns that the declaration has: {additions}"
                )
                raise NeedsRepair(message)
