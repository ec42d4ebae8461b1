"""The decode stage in Flink: frames of raw records and gaps in, blocks of changes out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import pyarrow as pa
from pyflink.common import Types
from pyflink.datastream import OutputTag, ProcessFunction, RuntimeContext

from connectors.accounts import Account, Gap
from connectors.blocks import Block, Kind
from connectors.failures import guard
from connectors.floors import NO_FLOORS, Floors
from connectors.kinesis.element import read_element
from connectors.kinesis.frame import RecordBlock
from connectors.log_points import LogPoint, LogRule
from connectors.metrics import Metrics
from connectors.routes import Routes
from connectors.worker import prepare_worker
from flink_app.dead_letters.limit import DeadLetterLimit, DeadLetterWatch
from flink_app.dead_letters.rows import make_dead_letters, restricted_originals
from flink_app.dead_letters.schema import Originals
from flink_app.declaration import Star
from flink_app.decode.block import parse_block, to_decoded
from flink_app.decode.metrics import DecodeMetric
from flink_app.decode.plan import DecodePlan
from flink_app.diagnostics import watch as source_watch
from flink_app.positions.generations import Generations
from flink_app.privacy.keys import PrivacyKeys, WrongKeyError

logger = logging.getLogger(__name__)

BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())
DIMENSIONS = OutputTag("dimensions", BYTES)


class Decode(ProcessFunction):  # type: ignore[misc]
    """Facts, dead letters, accounts and gaps to the main output, dimensions to the side output.

    Dimensions that are kept in the warehouse need no subtask to know them: to the main output.

    Nothing is held between elements. Each block has a route to a joining subtask. Which one joins a
    fact does not matter, since positions decide between versions.
    """

    def __init__(  # noqa: PLR0913 - one argument per setting
        self,
        star: Star,
        generations: Generations,
        open_keys: Callable[[], PrivacyKeys],
        limit: DeadLetterLimit = DeadLetterLimit(),  # noqa: B008 - it is immutable
        *,
        floors: Floors = NO_FLOORS,
        originals: Originals = Originals.SEALED,
        application: str = "",
        key_id: str = "",
        log_rule: LogRule = LogRule(),  # noqa: B008 - it is immutable
        log_points: Mapping[str, LogPoint] = MappingProxyType({}),
    ) -> None:
        self._star = star
        self._log_rule = log_rule
        self._log_points = dict(log_points)
        self._generations = generations
        self._floors = floors
        self._open_keys = open_keys
        self._limit = limit
        self._originals = originals
        self._application = application
        self._key_id = key_id

    @guard
    def open(self, runtime_context: RuntimeContext) -> None:
        """Reads the privacy keys.

        Raises WrongKeyError when the job was started under another secret than the present one.
        """
        prepare_worker()
        self._plan = DecodePlan(self._star, self._generations, self._floors)
        self._keys = self._open_keys()
        if self._key_id and self._keys.key_id != self._key_id:
            message = (
                f"the privacy secret has key id {self._keys.key_id}, and the job was started under "
                f"{self._key_id}: it was rotated since, and tokens of both would not join. Make "
                f"the secret with key id {self._key_id} its current version again; if that is "
                "done, start the application again, so that all of it reads the same secret. "
                "operations.md, Rotating the privacy secret, says how to change it"
            )
            raise WrongKeyError(message)
        self._routes = Routes(
            runtime_context.get_index_of_this_subtask(),
            runtime_context.get_number_of_parallel_subtasks(),
        )
        self._metrics = Metrics(
            runtime_context,
            DecodeMetric.RECORDS_READ,
            DecodeMetric.RECORDS_BY_ROWS,
            DecodeMetric.RECORDS_SPLIT,
            DecodeMetric.RECORDS_PASSED_OVER,
            DecodeMetric.RECORDS_DEAD_LETTERED,
            DecodeMetric.STREAM_GAPS,
            *source_watch.METRICS,
        )
        self._source_watch = source_watch.SourceWatch(
            self._plan, self._metrics, self._log_rule, self._log_points
        )
        self._watch = DeadLetterWatch(self._limit)

    @guard
    def process_element(
        self,
        value: bytes,
        ctx: ProcessFunction.Context,  # noqa: ARG002
    ) -> Iterator[bytes | tuple[OutputTag, bytes]]:
        """Decodes one frame, or hands on a gap.

        Raises SchemaChangedError where the mode of schema changes says so, LogRestartedError where
        the source's log has started again, and TooManyDeadLettersError where their limit is passed.
        """
        element = read_element(value)
        if isinstance(element, Gap):
            yield self._hand_on(element)
        else:
            yield from self._decode(element)

    def _hand_on(self, gap: Gap) -> bytes:
        """A gap as a block: it reaches the warehouse in the epoch that it was found in."""
        self._metrics.add(DecodeMetric.STREAM_GAPS)
        logger.warning(
            "Gap in the stream: records of %s were lost before they were read: %s. It is recorded "
            "in the bookkeeping table `gap`; operations.md, Gaps in the stream, says what to do",
            gap,
            gap.cause,
        )
        return self._send(Kind.GAP, "", Gap.to_batch([gap]))

    def _decode(self, block: RecordBlock) -> Iterator[bytes | tuple[OutputTag, bytes]]:
        parsed = parse_block(block, self._plan)
        decoded = to_decoded(block, parsed, self._plan, self._keys)
        letters = make_dead_letters(
            block, decoded.rejected, self._plan, self._keys, self._originals, self._application
        )
        self._count(decoded.account, by_rows=len(parsed.slow))
        points = self._source_watch.observe(block, parsed, decoded.accounts)
        accounts = [
            account.with_log_point(points.get(account.table)) for account in decoded.accounts
        ]
        self._watch.add(decoded.account, letters)
        for table, batch in decoded.changes.items():
            if table in self._star.broadcast_dimensions:
                yield DIMENSIONS, Block(Kind.DIMENSION, table, batch).encode()
            else:
                kind = Kind.FACTS if table in self._star.facts else Kind.DIMENSION
                yield self._send(kind, table, batch)
        if decoded.rejected:
            yield self._send(Kind.DEAD_LETTERS, "", letters)
            originals = restricted_originals(block, decoded.rejected, self._originals)
            if originals is not None:
                yield self._send(Kind.RESTRICTED, "", originals)
        yield self._send(Kind.ACCOUNT, "", Account.to_batch(accounts))

    def _send(self, kind: Kind, table: str, batch: pa.RecordBatch) -> bytes:
        return Block(kind, table, batch, self._routes.choose(len(batch))).encode()

    def _count(self, account: Account, by_rows: int) -> None:
        self._metrics.add(DecodeMetric.RECORDS_READ, account.read)
        self._metrics.add(DecodeMetric.RECORDS_BY_ROWS, by_rows)
        self._metrics.add(DecodeMetric.RECORDS_SPLIT, account.split)
        self._metrics.add(DecodeMetric.RECORDS_PASSED_OVER, account.passed_over)
        self._metrics.add(DecodeMetric.RECORDS_DEAD_LETTERED, account.dead_lettered)
        self._metrics.add(DecodeMetric.STREAM_GAPS, 0)
