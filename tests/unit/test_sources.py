"""What no tracked source may hold: names of the examples' schemas, places of one machine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.unit.stars import ORDER_BOOK_FILE, ROOT, SHIPPED, TICKET_SELLER_FILE

# Words that code has for other things.
# Words of Redshift too: `line_number` is a column of SYS_LOAD_ERROR_DETAIL.
GENERIC: Final = {"name", "line_number"}
MACHINE: Final = re.compile(
    r"(?<![\w.])/(work|root|home/\w+)/|--(extra-)?index-url"
    r"|//[^\s\"'/]*(artifactory|nexus|\.internal\b)"
)


def example_names(content: dict[str, Any]) -> set[str]:
    """Tables and columns."""
    owners = [*content["tables"].values(), *content["targets"].values()]
    columns = {column for owner in owners for column in owner["columns"]}
    return ({*content["tables"], *content["targets"]} | columns) - GENERIC


def hits(pattern: re.Pattern[str], paths: Iterator[Path]) -> list[str]:
    return [
        f"{path}:{number} {match[0]}"
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for match in pattern.finditer(line)
    ]


def pattern(file: Path) -> re.Pattern[str]:
    """The example's names; the file's own name is where the settings find it."""
    content = yaml.safe_load(file.read_text())
    names = "|".join(sorted(example_names(content), key=len, reverse=True))
    return re.compile(rf"(?<![a-z])(?!{content['name']}\b)({names})(?![a-z])")


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.stem))
@pytest.mark.parametrize("package", ["flink_app", "connectors"])
def test_no_code_knows_an_examples_tables_and_columns(package: str, file: Path) -> None:
    sources = [*(ROOT / package).rglob("*.py"), *(ROOT / package).rglob("src/main/**/*.java")]
    assert len(sources) > 10
    assert hits(pattern(file), iter(sources)) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (TICKET_SELLER_FILE, 'x = "ticket"'),
        (TICKET_SELLER_FILE, "# by seat_level"),
        (TICKET_SELLER_FILE, "customer_id = 1"),
        (TICKET_SELLER_FILE, "f(sport_event_activity)"),
        (ORDER_BOOK_FILE, "shipment.depot"),
        (ORDER_BOOK_FILE, '"sales_lines"'),
        (ORDER_BOOK_FILE, "line_in_order += 1"),
    ],
)
def test_the_search_finds_a_name(file: Path, line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text(f"\n{line}\n")
    (found,) = hits(pattern(file), iter([path]))
    assert found.startswith(f"{path}:2 ")


def tracked() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    own = Path(__file__).resolve()
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        # A file may have been removed and not yet committed; what is not text is not searched.
        if path.is_file() and path != own and b"\0" not in path.read_bytes()[:1_000]:
            yield path


def test_no_tracked_file_knows_a_machine_or_a_private_registry() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("a source archive: nothing is tracked")
    assert hits(MACHINE, tracked()) == []


@pytest.mark.parametrize(
    "line", ["cd /work/x", 'p = "/root/.cache"', "--index-url=x", "https://nexus.example/x"]
)
def test_the_search_finds_a_machine(line: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(line)
    assert len(hits(MACHINE, iter([path]))) == 1
