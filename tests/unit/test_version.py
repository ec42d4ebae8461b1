"""What says which code and which declaration made something."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from connectors.version import VERSION
from flink_app.declaration import Star
from flink_app.declaration.version import fingerprint
from tests.fixtures.layout import FIXTURES, Layout, read_records
from tests.unit.stars import FREIGHT, ROOT, declaration, freight, order_book, ticket_seller


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION


def test_every_release_has_a_kept_savepoint() -> None:
    released = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert "0.1.0" in released
    for version in released:
        kept = Layout.of_version(version)
        for path in (kept.savepoint / "_metadata", kept.declaration, kept.stream, kept.warehouse):
            assert path.is_file(), f"{path} is missing: CONTRIBUTING.md says how to make it"


def test_kept_state_and_parts_hold_no_clear_text_of_a_treated_column() -> None:
    for folder in FIXTURES.glob("savepoint-*"):
        kept = Layout(folder)
        records = [record.data for record in read_records(kept.stream)]
        needles = {
            found.encode()
            for data in records
            for found in re.findall(r'"(?:email_address|phone_number)":"([^"]+)"', data)
        }
        assert len(needles) > 30
        files = [*kept.savepoint.rglob("*"), kept.warehouse, *kept.staged.rglob("*.parquet")]
        for path in filter(Path.is_file, files):
            content = path.read_bytes()
            if path.suffix == ".parquet":  # compression would hide the values
                content = repr(pq.read_table(path).to_pylist()).encode()
            assert not [needle for needle in needles if needle in content], path


@pytest.mark.parametrize("star", [ticket_seller(), order_book(), freight()])
def test_a_fingerprint_is_that_of_the_content(star: Star) -> None:
    again = declaration(
        yaml.safe_load(star.declaration.model_dump_json(by_alias=True, exclude_none=True))
    )
    assert fingerprint(again) == fingerprint(star.declaration)


def test_another_declaration_has_another_fingerprint() -> None:
    longer = FREIGHT.replace("title: varchar(40)", "title: varchar(41)")
    treated = FREIGHT.replace("treatment: mask", "treatment: tokenise")
    found = {fingerprint(declaration(yaml.safe_load(text))) for text in (FREIGHT, longer, treated)}
    assert len(found) == 3
