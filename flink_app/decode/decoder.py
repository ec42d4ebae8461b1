"""One subtask's records decoded, counted and watched: what every operator that decodes shares."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from pyflink.datastream import RuntimeContext

from connectors.accounts import Account, Gap, Tip
from connectors.blocks import Block, Kind
from connectors.floors import NO_FLOORS, Floors
from connectors.kinesis.frame import RecordBlock
from connectors.kinesis.passed import Passed
from connectors.log_points import LogPoint, LogRule
from connectors.metrics import Metrics
from flink_app.dead_letters.limit import DeadLetterLimit, DeadLetterWatch
from flink_app.dead_letters.rows import make_dead_letters, restricted_originals
from flink_app.dead_letters.schema import Originals
from flink_app.declaration import Star
from flink_app.decode.block import parse_block, to_decoded
from flink_app.decode.fact_names import find_fact_names
from flink_app.decode.metrics import DecodeMetric
from flink_app.decode.plan import DecodePlan
from flink_app.diagnostics import watch as source_watch
from flink_app.positions.generations import Generations
from flink_app.privacy.keys import PrivacyKeys, WrongKeyError

logger = logging.getLogger(__name__)


class RecordDecoder:
    """Frames of raw records, gaps and tips in, blocks out; nothing is held between them.

    Made where the graph is built, opened in the worker.
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
        self.star = star
        self._log_rule = log_rule
        self._log_points = dict(log_points)
        self._generations = generations
        self._floors = floors
        self._open_keys = open_keys
        self._limit = limit
        self._originals = originals
        self._application = application
        self._key_id = key_id

    def open(self, runtime_context: RuntimeContext) -> None:
        """Reads the privacy keys.

        Raises WrongKeyError when the job was started under another secret than the present one.
        """
        self._plan = DecodePlan(self.star, self._generations, self._floors)
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
        sources = {table: self.star.declaration.source_of(table)[1] for table in self.star.facts}
        self._facts_by_name = [
            [table for table, source in sources.items() if source == name]
            for name in find_fact_names(self.star)
        ]

    def take_gap(self, gap: Gap) -> Block:
        """A gap as a block: it reaches the warehouse in the epoch that it was found in."""
        self._metrics.add(DecodeMetric.STREAM_GAPS)
        logger.warning(
            "Gap in the stream: records of %s were lost before they were read: %s. It is recorded "
            "in the bookkeeping table `gap`; operations.md, Gaps in the stream, says what to do",
            gap,
            gap.cause,
        )
        return Block(Kind.GAP, "", Gap.to_batch([gap]))

    def take_tip(self, tip: Tip) -> Block:
        """A tip as a block: it reaches the warehouse with what was read before it, or later."""
        return Block(Kind.TIP, "", Tip.to_batch([tip]))

    def take_passed(self, passed: Passed) -> None:
        """Takes note of facts that another operator decodes: what comes here is judged with them.

        Without them a few broken records beside millions of facts would be most of what is here.
        """
        for tables, count in zip(self._facts_by_name, passed.counts, strict=True):
            if count:
                self._source_watch.note_arrived(tables)
        self._watch.pass_by(sum(passed.counts))

    def decode(self, block: RecordBlock) -> Iterator[Block]:
        """What one frame becomes: changes by table, dead letters, their originals, accounts.

        Raises SchemaChangedError where the mode of schema changes says so, LogRestartedError where
        the source's log has started again, and TooManyDeadLettersError where their limit is passed.
        """
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
            for kind in self._kinds_of(table):
                yield Block(kind, table, batch)
        if decoded.rejected:
            yield Block(Kind.DEAD_LETTERS, "", letters)
            originals = restricted_originals(block, decoded.rejected, self._originals)
            if originals is not None:
                yield Block(Kind.RESTRICTED, "", originals)
        yield Block(Kind.ACCOUNT, "", Account.to_batch(accounts))

    def _kinds_of(self, table: str) -> list[Kind]:
        """What its changes are needed as; a table may be both a fact and a dimension."""
        parts = ((Kind.DIMENSION, self.star.dimensions), (Kind.FACTS, self.star.facts))
        return [kind for kind, tables in parts if table in tables]

    def _count(self, account: Account, by_rows: int) -> None:
        self._metrics.add(DecodeMetric.RECORDS_READ, account.read)
        self._metrics.add(DecodeMetric.RECORDS_BY_ROWS, by_rows)
        self._metrics.add(DecodeMetric.RECORDS_SPLIT, account.split)
        self._metrics.add(DecodeMetric.RECORDS_PASSED_OVER, account.passed_over)
        self._metrics.add(DecodeMetric.RECORDS_DEAD_LETTERED, account.dead_lettered)
        self._metrics.add(DecodeMetric.STREAM_GAPS, 0)
