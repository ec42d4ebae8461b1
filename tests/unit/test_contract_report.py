"""What the report of `build.py contract` says of tests, and what it leaves out."""

from __future__ import annotations

import pytest

from tests.contract.report import Report, is_for_clusters
from tests.contract.statement_costs import Scan, Statement, describe_load

pytest_plugins = ("pytester",)


def run(pytester: pytest.Pytester, report: Report, text: str) -> None:
    pytester.makepyfile(text)
    pytester.inline_run("-p", "no:cacheprovider", plugins=[report])


def test_what_differs_is_shown_without_the_owner_s_names(pytester: pytest.Pytester) -> None:
    report = Report("Redshift 1.0", {"db.example.com": "host", "db": "bucket"})
    run(
        pytester,
        report,
        """
        import pytest
        def test_right(): pass
        def test_wrong(): assert 'db.example.com' == 'db'
        @pytest.fixture
        def broken(): raise ValueError('no db.example.com')
        def test_set_up(broken): pass
        def test_shown(record_property): record_property('shown in the report', '## A load of db')
        @pytest.mark.skip
        def test_skipped(): pass
        """,
    )
    text = report.markdown()
    assert "- Server: Redshift 1.0" in text
    assert "- 2 as expected, 2 different" in text
    assert "- 1 skipped, 0 for the emulator alone" in text
    assert "assert '<host>' == '<bucket>'" in text
    assert "test_set_up (setup)" in text
    assert "ValueError: no <host>" in text
    assert text.rstrip().endswith("## A load of <bucket>")


def test_a_test_that_breaks_the_server_is_not_for_clusters() -> None:
    assert is_for_clusters(["warehouse", "warehouse_service"])
    assert not is_for_clusters(["warehouse", "warehouse_service", "faults"])
    assert not is_for_clusters(["server"])


def test_a_scan_is_a_row_of_the_table() -> None:
    statements = [Statement('DELETE FROM "contract_0a"."t"\nUSING n', 0.25, ("XN Hash Join",))]
    scans = [Scan("DELETE FROM t", "t", True, 1_000, 8_000, 10, 80, 3)]
    text = describe_load("A load", statements, scans)
    assert '| `DELETE FROM "t" USING n` | 0.250 |' in text
    assert "| t | `DELETE FROM t` | 1,000 | 8,000 | 3 | 10 | 80 | used |" in text
    assert "XN Hash Join" in text
    assert "SYS_QUERY_DETAIL" in describe_load("A load", statements, None)
