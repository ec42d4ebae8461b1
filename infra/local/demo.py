"""The demo: the main job, end to end, on local servers.

1. Start the servers. 2. Put the example's full load on the stream. 3. Start the job; once it has
loaded something, put the example's changes. 4. Wait until the warehouse's own accounts say that
every record is in. 5. Compare with the join that the source computes; print rows, batches and the
balance; stop.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from redshift_connector.core import Connection
from rich.console import Console

from connectors.failures import StarjoinError
from infra.local.command_line import parser
from infra.local.configuration import LocalRun
from infra.local.example import Difference, Example, declaration_of
from infra.local.minicluster import MiniCluster
from infra.local.printed import print_balance, print_batches, print_difference, print_rows
from infra.local.processes import ServiceError
from infra.local.progress import Progress, progress
from infra.local.runs import Announcement, RunFolderError
from infra.local.stack import LocalStack
from infra.local.toolchain import ToolchainError, connectors_jar
from infra.progress import console_on, show
from infra.words import count as count_of

_LOOK_SECONDS: Final = 0.5
# A loaded machine may take a minute to start the workers; three without any progress is a fault.
_STALLED_SECONDS: Final = 180.0


class DemoError(StarjoinError, RuntimeError):
    """The demo cannot continue."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo; returns 0 only if the warehouse equals the result of all changes."""
    options = parser().parse_args(arguments)
    console = console_on(sys.stdout)
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(
            prefix="starjoin-", ignore_cleanup_errors=True
        ) as temporary:
            folder = options.keep or Path(temporary)
            differences = _run(console, folder, options.example, options.parallelism)
    except (ServiceError, ToolchainError, RunFolderError, DemoError) as error:
        console.print(f"[red]The demo failed:[/] {error}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped; nothing is left running.")
        return 130
    for target, difference in differences.items():
        console.print(_verdict(target, difference), highlight=False)
    console.print(f"Took {time.monotonic() - started:.1f} s.")
    return 0 if all(difference.is_none for difference in differences.values()) else 1


def _verdict(target: str, difference: Difference) -> str:
    if difference.is_none:
        return f"[green]{target}: the warehouse equals the join that the source computes.[/]"
    return (
        f"[red]{target}: the warehouse differs: {len(difference.only_in_warehouse)} rows only "
        f"there, {len(difference.only_in_source)} only in the source.[/]"
    )


def _run(console: Console, folder: Path, name: str, parallelism: int) -> dict[str, Difference]:
    run = LocalRun(state=folder / "state", jar=connectors_jar(), parallelism=parallelism)
    console.print("Starting Kinesis, S3, Secrets Manager, Redshift and a source database")
    with ExitStack() as running:
        with show("starting", console):
            stack = running.enter_context(LocalStack(declaration_of(name), folder=folder))
        example = Example(name, stack)
        announcement = running.enter_context(Announcement("starjoin demo", name, stack.properties))
        count = example.put_full_load()
        console.print(f"Put the full load on the stream: {count:,} records. Starting the job")
        with MiniCluster(run, stack.properties, folder, stack.environment()) as job:
            with show("starting the job", console):
                job.wait_until_running()
            announcement.say_flink(job.web_address)
            watch = _Watch(console, job, stack.warehouse())
            watch.wait_until(lambda seen: seen.batches > 0, put=count)
            count += example.put_changes()
            watch.wait_until(lambda seen: seen.records >= count, put=count)
            differences = example.differences()
            for target in example.targets:
                print_rows(console, example, target)
                print_difference(console, example, target, differences[target])
            with closing(stack.warehouse()) as warehouse:
                print_batches(console, warehouse)
                if not print_balance(console, warehouse):
                    message = "the balance has a difference: a record is lost or counted twice"
                    raise DemoError(message)
            watch.close()
        example.close()
    return differences


class _Watch:
    """Shows progress until a condition holds."""

    def __init__(self, console: Console, job: MiniCluster, warehouse: Connection) -> None:
        self._console = console
        self._job = job
        self._warehouse = warehouse
        self._started = time.monotonic()

    def wait_until(self, reached: Callable[[Progress], bool], *, put: int) -> None:
        """Looks at the warehouse until `reached`; DemoError when nothing moves for long."""
        last, moved = Progress(), time.monotonic()
        with show("loading", self._console) as how_far:
            while True:
                seen = progress(self._warehouse)
                how_far.count(seen.records, put, "records")
                if seen != last:
                    last, moved = seen, time.monotonic()
                if reached(seen):
                    break
                self._check(moved)
                time.sleep(_LOOK_SECONDS)
        self._console.print(self._line(seen, put), highlight=False, soft_wrap=True)

    def _line(self, seen: Progress, put: int) -> str:
        lag = (
            "nothing loaded yet"
            if seen.last_arrival_ms is None
            else f"the newest arrived {time.time() - seen.last_arrival_ms / 1000:.1f} s ago"
        )
        return (
            f"{time.monotonic() - self._started:5.1f} s  {seen.records:,} of {put:,} records in "
            f"{seen.batches} batch{'' if seen.batches == 1 else 'es'}, "
            f"{count_of(seen.dead_lettered, 'dead letter')}; {lag}"
        )

    def _check(self, moved: float) -> None:
        if self._job.service.returncode() is not None:
            message = f"the job has ended: {self._job.service.tail()}"
            raise DemoError(message)
        if time.monotonic() - moved > _STALLED_SECONDS:
            message = f"nothing was loaded for {_STALLED_SECONDS:.0f} s: {self._job.service.tail()}"
            raise DemoError(message)

    def close(self) -> None:
        """Closes the connection to the warehouse."""
        self._warehouse.close()
