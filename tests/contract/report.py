"""The report of a run of the contract tests: which expectations hold, and what a load costs.

Owns what pytest says of the tests, and the report's Markdown. The report is made to be published:
whatever names the cluster or its owner is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from platform import python_version
from typing import Final

import pytest

from connectors.version import VERSION
from tests.contract.warehouse import Warehouse
from tests.support.commit import find_commit

# The cluster that the tests run on, and the rows of the target whose load is measured.
CLUSTER: Final = pytest.StashKey[Warehouse]()
TARGET_ROWS: Final = pytest.StashKey[int]()
# The name of what a test attaches with `record_property` to be shown whole.
SHOWN: Final = "shown in the report"
# In a failed test's text, what pytest says of the difference.
_SAID: Final = re.compile(r"^E {3}(.*)$", re.MULTILINE)
_LINES: Final = 12


@dataclass(frozen=True)
class Failure:
    """A test that failed, with the lines that say why."""

    name: str
    lines: tuple[str, ...]


@dataclass(eq=False)  # pytest keeps plugins in sets
class Report:
    """A pytest plugin that says where the tests run, and collects what became of them.

    Attributes:
        server: what `version()` says.
        secrets: texts that the report must not show, and what each is replaced by.
        cluster: where the tests run; None for the emulator.
        rows: of the target whose load is measured; None for the test's default.
    """

    server: str
    secrets: Mapping[str, str]
    cluster: Warehouse | None = None
    rows: int | None = None
    passed: int = 0
    failures: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    not_for_clusters: int = 0
    shown: list[str] = field(default_factory=list)
    _began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def pytest_configure(self, config: pytest.Config) -> None:
        """Hands the cluster to the fixtures."""
        if self.cluster is not None:
            config.stash[CLUSTER] = self.cluster
        if self.rows is not None:
            config.stash[TARGET_ROWS] = self.rows

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Counts what does not run here."""
        self.not_for_clusters += sum(1 for item in items if not _is_for_clusters(item))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes in what became of a test."""
        if report.when == "call":
            self.shown += [str(text) for name, text in report.user_properties if name == SHOWN]
        if report.failed:
            lines = _SAID.findall(report.longreprtext) or report.longreprtext.splitlines()[-1:]
            name = report.nodeid if report.when == "call" else f"{report.nodeid} ({report.when})"
            self.failures.append(Failure(name, tuple(lines[:_LINES])))
        elif report.skipped:
            self.skipped.append(report.nodeid)
        elif report.when == "call":
            self.passed += 1

    def markdown(self) -> str:
        """The whole report."""
        minutes = (datetime.now(UTC) - self._began).total_seconds() / 60
        lines = [
            "# Contract with Redshift",
            "",
            f"- Starjoin {VERSION}{f' at {commit}' if (commit := find_commit()) else ''}",
            f"- redshift_connector {version('redshift_connector')}, Python {python_version()}",
            f"- Server: {self.server}",
            f"- {self._began:%Y-%m-%d %H:%M} UTC, {minutes:.1f} minutes",
            f"- {self.passed} as expected, {len(self.failures)} different",
            f"- {len(self.skipped)} skipped, {self.not_for_clusters} for the emulator alone",
            "",
        ]
        if self.failures:
            lines += ["## Different from what is expected", ""]
            for failure in self.failures:
                lines += [f"### {failure.name}", "", "```", *failure.lines, "```", ""]
        for text in self.shown:
            lines += [text, ""]
        return self._without_secrets("\n".join(lines))

    def _without_secrets(self, text: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            if secret:
                text = text.replace(secret, f"<{self.secrets[secret]}>")
        return text


def _is_for_clusters(item: pytest.Item) -> bool:
    return is_for_clusters(getattr(item, "fixturenames", ()))


def is_for_clusters(fixtures: list[str] | tuple[str, ...]) -> bool:
    """Whether a test with these fixtures can run on a cluster: not if it breaks the server."""
    return "warehouse_service" in fixtures and "faults" not in fixtures
