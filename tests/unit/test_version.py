"""What says which code and which declaration made something."""

from __future__ import annotations

import tomllib

import pytest
import yaml

from flink_app.declaration import Star
from flink_app.declaration.version import VERSION, fingerprint
from tests.unit.stars import FREIGHT, ROOT, declaration, freight, order_book, ticket_seller


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION


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
