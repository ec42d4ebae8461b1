"""Short load tests: on the multi-process cluster, and on an environment's stream in moto."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest
import yaml
from redshift_connector.core import Connection

from infra.aws.environment import load_environment
from infra.aws.environments import FOLDER
from infra.aws.plan import data_stack
from infra.local.moto import Moto
from infra.local.stack import TOKEN_KEY
from tests.load.__main__ import main, read_options, traffic
from tests.load.environment import EnvironmentTarget
from tests.load.figures import Report
from tests.unit.stars import ORDER_BOOK_FILE

pytestmark = pytest.mark.integration


def _report(folder: Path) -> Report:
    content = json.loads((folder / "report.json").read_text())
    jsonschema.validate(content, Report.model_json_schema())
    return Report.model_validate(content)


def test_a_short_load_test_is_equal_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(
        ["--rate", "300", "--minutes", "0.25", "--seed", "11", "--output", str(tmp_path / "out")]
    )
    printed = capsys.readouterr().out
    assert code == 0, printed
    report = _report(tmp_path / "out")
    assert report.outcome == "equal"
    assert report.generator.due == report.generator.put == 4_500
    assert report.records_read == report.generator.full_load + 4_500
    assert report.dead_lettered == 0
    assert report.latency is not None
    assert report.latency.from_arrival.count == 4_500
    assert report.latency.not_visible == 0
    assert report.latency.from_arrival.p99 is not None
    assert report.latency.from_arrival.p99 > 0
    assert any(checkpoint.status == "COMPLETED" for checkpoint in report.checkpoints)
    assert len(report.operators) >= 3
    assert any(operator.busy_mean > 0 for operator in report.operators)
    assert all(0 <= o.back_pressured_mean <= o.back_pressured_max for o in report.operators)
    assert sum(batch.fact_rows for batch in report.batches) > 0
    names = Counter(process.name.rstrip(" 0123456789") for process in report.processes)
    assert names["Python worker"] == 2
    assert {"moto (Kinesis, S3)", "task manager (JVM)", "job manager (JVM)"} <= set(names)
    assert {"warehouse (PostgreSQL)", "warehouse (emulator)"} <= set(names)
    assert report.generator.ceiling.put_per_second is not None
    assert report.reconciled is not None
    assert (report.reconciled.verdict, report.reconciled.different_keys) == ("equal", 0)
    assert report.comparison is not None
    assert report.reconciled.rows == report.comparison.expected_rows
    text = (tmp_path / "out" / "report.html").read_text()
    assert "The warehouse equals the true table" in text
    for out in (text, printed):
        assert "example.org" not in out, "no personal data"
    assert "records due" not in printed, "progress is for terminals"


def test_a_table_broken_on_purpose_is_found_and_all_others_are_equal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a declaration of which only the types are known, and whose targets are several."""

    def break_it(connection: Connection) -> None:
        cursor = connection.cursor()
        base = "sales.sales_lines_base"
        cursor.execute(f"SELECT MIN(order_id), MAX(order_id) FROM {base}")
        ((gone, changed),) = cursor.fetchall()
        for order, act in ((gone, "DELETE FROM"), (changed, "UPDATE")):
            cursor.execute(f"SELECT MIN(line_number) FROM {base} WHERE order_id = {order}")
            ((line,),) = cursor.fetchall()
            setting = "" if act == "DELETE FROM" else " SET quantity = -1"
            cursor.execute(
                f"{act} {base}{setting} WHERE order_id = {order} AND line_number = {line}"
            )

    declared = ["--declaration", str(ORDER_BOOK_FILE), "--rows", "100"]
    code = main(
        ["--rate", "200", "--minutes", "0.05", "--output", str(tmp_path), *declared],
        before_comparison=break_it,
    )
    assert code == 1
    found = _report(tmp_path).comparison
    assert found is not None
    assert (found.missing, found.unexpected, found.different) == (1, 0, 1)
    printed = capsys.readouterr().out
    assert "is missing in the warehouse" in printed
    assert "other values in quantity" in printed


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an environment `staging` whose data stack is deployed in moto."""
    with Moto(tmp_path / "moto") as moto:
        for name, value in moto.environment().items():
            monkeypatch.setenv(name, value)
        environment = yaml.safe_load((FOLDER / "example.yaml").read_text())
        environment["redshift"] |= {"host": "127.0.0.1", "port": 1}
        secrets = boto3.client("secretsmanager")
        login = json.dumps({"username": "loader", "password": "of no use elsewhere"})
        made = secrets.create_secret(Name="warehouse", SecretString=login)
        environment["redshift"]["secret_arn"] = made["ARN"]
        (tmp_path / "staging.yaml").write_text(yaml.safe_dump(environment))
        plan = data_stack(load_environment("staging", tmp_path))
        # moto's CloudFormation makes no secrets.
        key = secrets.create_secret(Name="privacy", SecretString=TOKEN_KEY)
        plan.template["Outputs"]["PrivacyKeyArn"]["Value"] = key["ARN"]
        stacks: Any = boto3.client("cloudformation")
        stacks.create_stack(
            StackName=plan.name,
            TemplateBody=json.dumps(plan.template),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in plan.parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        secrets.close()
        stacks.close()
        yield tmp_path


def test_an_environment_gets_the_traffic_on_its_own_stream(
    deployed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    speed = ["--rate", "400", "--minutes", "0.05"]
    code = main([*_staging(deployed), *speed, "--output", str(deployed / "out")])
    assert code == 3, "without a warehouse nothing can be equal"
    assert "the warehouse cannot be reached from here" in capsys.readouterr().out
    report = _report(deployed / "out")
    assert report.outcome == "not compared"
    assert report.generator.put == 1_200
    assert report.generator.ceiling.put_per_second is None
    assert _records_on_the_stream() == report.generator.full_load + 1_200


def _staging(folder: Path) -> list[str]:
    return ["--environment", "staging", "--environments", str(folder)]


def _records_on_the_stream() -> int:
    stacks: Any = boto3.client("cloudformation")
    (stack,) = stacks.describe_stacks(StackName="starjoin-staging-data")["Stacks"]
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
    kinesis = boto3.client("kinesis")
    count = 0
    for shard in kinesis.list_shards(StreamName=outputs["StreamName"])["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=outputs["StreamName"],
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        count += len(kinesis.get_records(ShardIterator=iterator)["Records"])
    stacks.close()
    kinesis.close()
    return count


def test_a_reachable_warehouse_is_found_with_its_key(deployed: Path) -> None:
    logins: list[dict[str, str]] = []

    class Reached:
        def close(self) -> None:
            """Nothing to close."""

    def connect(environment: Any, login: dict[str, str]) -> Any:
        assert environment.redshift.host == "127.0.0.1"
        logins.append(login)
        return Reached()

    options = read_options(_staging(deployed))
    with EnvironmentTarget(options, traffic(options), connect) as target:
        warehouse = target.destination.warehouse
    assert warehouse is not None
    assert warehouse.shared
    assert warehouse.token_key == TOKEN_KEY.encode()
    assert warehouse.bookkeeping == "starjoin"
    assert logins == [{"username": "loader", "password": "of no use elsewhere"}]


def test_an_environment_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--environment", "nowhere", "--output", str(tmp_path)])
    assert code == 1
    assert "there is no such environment" in capsys.readouterr().out
    assert _report(tmp_path).outcome == "failed"


def test_an_environment_that_is_not_deployed_is_said(
    deployed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (deployed / "other.yaml").write_text((deployed / "staging.yaml").read_text())
    arguments = ["--environment", "other", "--environments", str(deployed)]
    assert main([*arguments, "--output", str(deployed / "out")]) == 1
    assert "environment other: " in capsys.readouterr().out
