"""The job graph.

    source -> split -+- surely facts: as they were read, to the same subtask -+- denormalise
                     +- the rest: decode -+- by route ------------------------+    |
                                          +- dimensions: broadcast -----------+    |
                                                     load <- signal completion <---+

All three edges into denormalise carry the markers of epochs. What decode emits is blocks: one Arrow
IPC message of many rows each (`connectors.blocks`). What denormalise emits is references of parts.
Every operator has a uid: savepoints find their state by it, so it never changes.
"""

from __future__ import annotations

from pyflink.common import WatermarkStrategy
from pyflink.datastream import DataStream, StreamExecutionEnvironment

from connectors.epochs.operators import mark_epochs, signal_completion
from connectors.epochs.signals import Edge
from connectors.kinesis.gathering import gather_frames
from connectors.kinesis.source import kinesis_block_source
from connectors.kinesis.sure_facts import split_facts
from connectors.redshift.operator import Load
from connectors.routes import send_by_route, take_side_output
from connectors.staging.stager import Stager
from flink_app.checkpoints import require_aligned_checkpoints
from flink_app.clients import Clients
from flink_app.dead_letters.limit import DeadLetterLimit
from flink_app.declaration import Star
from flink_app.decode.decoder import RecordDecoder
from flink_app.decode.fact_names import find_fact_names
from flink_app.decode.operator import BYTES, DIMENSIONS, Decode
from flink_app.denormalise.joiner import Joiner, dimension_state
from flink_app.denormalise.operator import Denormalise
from flink_app.schemas import BlockSchemas
from flink_app.settings import Settings
from flink_app.source_settings import source_settings
from flink_app.warehouse import warehouse_spec


def read_stream(env: StreamExecutionEnvironment, settings: Settings) -> DataStream:
    """The source: one element for each answer of a shard."""
    source = kinesis_block_source(source_settings(settings))
    return env.from_source(
        source, WatermarkStrategy.no_watermarks(), "Read the change stream", BYTES
    ).uid("source")


def build(
    records: DataStream, settings: Settings, star: Star, clients: Clients | None = None
) -> DataStream:
    """Everything behind the source, which is given so that tests may bring their own.

    So are the clients, where there is to be no AWS and no warehouse.
    """
    require_aligned_checkpoints(records.get_execution_environment())
    clients = clients or Clients(settings)
    application = settings.application
    # Read once: every stage compares with this id, so no two of them work under different secrets.
    key_id = clients.value_key_id(star)
    limit = DeadLetterLimit(application.dead_letter_share, application.dead_letter_run)
    generations, floors = application.generations, application.floors
    decoder = RecordDecoder(
        star,
        generations,
        clients.privacy_keys,
        limit,
        floors=floors,
        originals=application.dead_letter_originals,
        application=application.name,
        key_id=key_id,
        log_rule=clients.log_rule,
        log_points=clients.log_points(star),
    )
    schemas = BlockSchemas(star)
    joiner = Joiner(star, schemas, floors=floors, key_id=key_id)
    stager = Stager(
        clients.staging_store,
        floors=floors,
        retry_seconds=settings.staging.retry_seconds,
        key_id=key_id,
    )

    names = find_fact_names(star)
    gathered = gather_frames(records, name="Gather small frames", uid="gather-frames")
    rest, facts = split_facts(gathered, names, name="Split facts from the rest", uid="split-facts")
    decoded = rest.process(Decode(decoder), output_type=BYTES)
    decoded = decoded.name("Decode change records").uid("decode")
    facts = mark_epochs(facts, Edge.FACTS, name="Mark epochs of facts", uid="mark-facts")
    blocks = mark_epochs(decoded, Edge.BLOCKS, name="Mark epochs of blocks", uid="mark-blocks")
    dimensions = mark_epochs(
        take_side_output(decoded, DIMENSIONS),
        Edge.DIMENSIONS,
        name="Mark epochs of dimensions",
        uid="mark-dimensions",
    )
    denormalise = Denormalise(decoder, joiner, stager, schemas)
    staged = (
        facts.forward()
        .union(send_by_route(blocks))
        .connect(dimensions.broadcast(dimension_state()))
        .process(denormalise, output_type=BYTES)
        .name("Join facts to dimensions, stage parts in S3")
        .uid("denormalise")
    )
    signalled = signal_completion(staged, name="Signal completed checkpoints", uid="signal")
    load = Load(
        lambda: clients.loader(star, key_id),
        warehouse_spec(star).sources,
        metrics_by_table=application.metrics_by_table,
        schedule=clients.load_schedule(),
    )
    return (
        signalled.process(load, output_type=BYTES)
        .set_parallelism(1)
        .name("Load batches into Redshift")
        .uid("load")
    )
