"""Spark Structured Streaming that makes the same rows; runs in an environment of its own.

    python spark_job.py CASE TRIAL BLOCKS BLOCKS_A_BATCH CORES

As fast as we could make it: one pass over the text, `from_json` with only the columns that are
needed, broadcast joins, no shuffle, Parquet with Snappy, one task a core. What is wrong with a
record is looked for as decode does, and counted in the same pass; only where there is something are
the bad records read again and written apart.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everybody names it
from pyspark.sql import types as T  # noqa: N812

_CORRUPT = "_corrupt_record"
_LOG_POSITION = r"^[0-9A-Fa-f]{8}/[0-9A-Fa-f]{8}\."
_OPERATIONS = ("load", "insert", "update", "delete")
_METADATA = ("operation", "record-type", "table-name", "schema-name", "stream-position")
_TYPES: dict[str, T.DataType] = {
    "smallint": T.ShortType(),
    "integer": T.IntegerType(),
    "bigint": T.LongType(),
    "double precision": T.DoubleType(),
    "boolean": T.BooleanType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
}
# HMAC (RFC 2104) with SHA-256.
_BLOCK, _INNER, _OUTER = 64, 0x36, 0x5C


def _session(cores: int, folder: Path) -> SparkSession:
    return (
        SparkSession.builder.master(f"local[{cores}]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "3g")
        .config("spark.sql.shuffle.partitions", cores)
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        .config("spark.sql.streaming.metricsEnabled", "false")
        .config("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2")
        .config("spark.local.dir", str(folder))
        .config("spark.driver.extraJavaOptions", f"-Djava.io.tmpdir={folder}")
        .getOrCreate()
    )


def _type(text: str) -> T.DataType:
    if text.startswith("decimal("):
        precision, scale = text.removeprefix("decimal(").removesuffix(")").split(",")
        return T.DecimalType(int(precision), int(scale))
    return _TYPES.get(text, T.StringType())


def _record_type(facts: dict[str, Any]) -> T.StructType:
    columns = {c["source"]: _type(c["type"]) for fact in facts.values() for c in fact["columns"]}
    metadata = [T.StructField(name, T.StringType()) for name in _METADATA]
    metadata += [
        T.StructField("transaction-record-id", T.LongType()),
        T.StructField("timestamp", T.StringType()),
    ]
    return T.StructType(
        [
            T.StructField("data", T.StructType([T.StructField(n, t) for n, t in columns.items()])),
            T.StructField("metadata", T.StructType(metadata)),
            T.StructField(_CORRUPT, T.StringType()),
        ]
    )


class Work:
    """What a star asks for, as expressions over one batch."""

    def __init__(self, session: SparkSession, star: dict[str, Any], case: Path) -> None:
        self._star = star
        self._record_type = _record_type(star["facts"])
        self._tables = {
            name: session.read.parquet(str(case / "tables" / name)).cache()
            for name in star["dimensions"]
        }
        for table in self._tables.values():
            table.count()

    def parse(self, lines: DataFrame) -> DataFrame:
        """Records, with whether anything is wrong with them."""
        options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": _CORRUPT}
        record = F.from_json("value", self._record_type, options)
        parsed = lines.select("value", record.alias("r")).select("value", "r.*")
        return parsed.withColumn("bad", ~F.coalesce(self._is_good(), F.lit(False)))

    def _is_good(self) -> Column:
        metadata = F.col("metadata")
        good = (
            F.col(_CORRUPT).isNull()
            & (metadata["record-type"] == "data")
            & metadata["operation"].isin(*_OPERATIONS)
            & metadata["stream-position"].rlike(_LOG_POSITION)
            & metadata["transaction-record-id"].isNotNull()
        )
        of_a_fact = F.lit(False)
        for fact in self._star["facts"].values():
            sources = {c["name"]: c["source"] for c in fact["columns"]}
            fits = self._is_of(fact)
            for name in fact["key"]:
                fits &= F.col("data")[sources[name]].isNotNull()
            for column in fact["columns"]:
                if column["length"]:
                    text = F.col("data")[column["source"]]
                    fits &= text.isNull() | (F.octet_length(text) <= column["length"])
            of_a_fact |= fits
        return good & of_a_fact

    def _is_of(self, fact: dict[str, Any]) -> Column:
        metadata = F.col("metadata")
        return (metadata["table-name"] == fact["source"]) & (
            metadata["schema-name"] == fact["schema"]
        )

    def make_rows(self, records: DataFrame, target: dict[str, Any]) -> DataFrame:
        """The wide rows of one target."""
        fact = self._star["facts"][target["fact"]]
        rows = records.where(~F.col("bad") & self._is_of(fact)).select(
            *[self._value(c).alias(f"/{c['name']}") for c in fact["columns"]],
            self._make_position().alias(f"/{self._star['position']}"),
            (F.col("metadata")["operation"] == "delete").alias(f"/{self._star['deleted']}"),
        )
        for lookup in target["lookups"]:
            key = self._star["dimensions"][lookup["table"]]
            path = lookup["path"]
            table = self._tables[lookup["table"]]
            table = table.select(*[F.col(n).alias(f"{path}/{n}") for n in table.columns])
            matches = [
                F.col(f"`{lookup['parent']}/{parent}`") == F.col(f"`{path}/{name}`")
                for parent, name in zip(lookup["key"], key, strict=True)
            ]
            rows = rows.join(F.broadcast(table), matches, "left")
        return rows.select(*[self._take(column) for column in target["columns"]])

    def _take(self, column: dict[str, Any]) -> Column:
        value = F.col(f"`{column['path']}/{column['source']}`")
        if column["is_position"] and column["path"]:
            value = F.coalesce(value, F.lit(bytearray(22)))
        return value.alias(column["name"])

    def _value(self, column: dict[str, Any]) -> Column:
        value = F.col("data")[column["source"]]
        if column["treatment"] != "tokenise":
            return value
        key = bytes.fromhex(self._star["token_key"]).ljust(_BLOCK, b"\0")
        inner = F.lit(bytearray(byte ^ _INNER for byte in key))
        outer = F.lit(bytearray(byte ^ _OUTER for byte in key))
        hashed = F.unhex(F.sha2(F.concat(inner, F.encode(value, "UTF-8")), 256))
        return F.sha2(F.concat(outer, hashed), 256)

    def _make_position(self) -> Column:
        log = F.col("metadata")["stream-position"]
        number = F.hex(F.col("metadata")["transaction-record-id"])
        return F.unhex(
            F.concat(
                F.lit(self._star["generation"]),
                F.substring(log, 1, 8),
                F.substring(log, 10, 8),
                F.lit("00000000"),
                F.lpad(number, 16, "0"),
            )
        )


def main() -> None:
    """Reads all files of the trial, then ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path)
    parser.add_argument("trial", type=Path)
    parser.add_argument("blocks_a_batch", type=int)
    parser.add_argument("cores", type=int)
    arguments = parser.parse_args()
    case, trial = arguments.case, arguments.trial
    star = json.loads((case / "star.json").read_text())
    session = _session(arguments.cores, trial)
    session.sparkContext.setLogLevel("ERROR")
    work = Work(session, star, case)
    several = len(star["targets"]) > 1
    marks = (trial / "marks" / "spark").open("w", buffering=1)

    def take(lines: DataFrame, number: int) -> None:
        seen = Observation()
        records = work.parse(lines).observe(
            seen, F.count(F.lit(1)).alias("read"), F.count_if("bad").alias("bad")
        )
        if several:
            records.persist()
        for name, target in star["targets"].items():
            rows = work.make_rows(records, target)
            rows.write.mode("append").parquet(str(trial / "spark" / name))
        counted = seen.get
        if counted["bad"]:
            bad = work.parse(lines).where("bad").select("value")
            bad.write.mode("append").text(str(trial / "spark-bad" / str(number)))
        if several:
            records.unpersist()
        marks.write(f"{time.monotonic_ns()} {counted['read']}\n")

    lines = session.readStream.option("maxFilesPerTrigger", arguments.blocks_a_batch)
    query = (
        lines.text(str(trial / "lines"))
        .writeStream.foreachBatch(take)
        .option("checkpointLocation", str(trial / "spark-state"))
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    session.stop()


if __name__ == "__main__":
    main()
