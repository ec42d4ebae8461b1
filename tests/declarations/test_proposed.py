"""What `starjoin init` proposed for databases that nobody has tuned holds in random histories.

tests/integration/test_init.py and test_init_mysql.py compare these files with what it proposes now.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.simulation import check
from tests.unit.stars import ROOT

PROPOSED = sorted((ROOT / "tests" / "snapshots" / "init").glob("*.yaml"))


def test_there_are_four() -> None:
    stems = [path.stem for path in PROPOSED]
    assert stems == ["bicycle_shop", "film_rental", "hard_names", "trading_company"]


@pytest.mark.parametrize("path", PROPOSED, ids=lambda path: path.stem)
def test_a_proposed_declaration_holds(path: Path) -> None:
    report = check(path, histories=4)
    assert report.histories == 4
    assert report.commits > 8
