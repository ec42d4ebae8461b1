"""Every rule of `redshift_rules` holds: what is accepted, and how the rest is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redshift_connector.core import Connection

from tests.contract.redshift_rules import DEFINITIONS, QUERIES, SETUP, Rule
from tests.contract.warehouse import Warehouse, refused, run

pytestmark = pytest.mark.contract

RULES = [*DEFINITIONS, *QUERIES]


@pytest.fixture(scope="module")
def connection(warehouse_service: Warehouse) -> Iterator[Connection]:
    with warehouse_service.in_schema():
        connection = warehouse_service.connect()
        for sql in SETUP:
            run(connection, sql)
        connection.commit()
        yield connection


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_of_redshift_holds(connection: Connection, rule: Rule) -> None:
    if not rule.in_block:
        connection.autocommit = True
    try:
        for sql in rule.setup:
            run(connection, sql)
        if rule.sqlstate is None:
            run(connection, rule.sql)
        else:
            with refused(rule.sqlstate, rule.words):
                run(connection, rule.sql)
    finally:
        if rule.in_block:
            connection.rollback()
        else:
            run(connection, "drop table if exists r")
            connection.autocommit = False


def test_each_rule_has_a_name_of_its_own_and_a_source() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.source for rule in RULES)
