"""Runs `starjoin run`: starts everything in order, follows the source, and takes it down again."""

from __future__ import annotations

import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NoReturn

from connectors.failures import StarjoinError
from infra.arguments import ExitCode
from infra.catalogue.model import CatalogueError
from infra.local.configuration import LocalRun
from infra.local.minicluster import MiniCluster
from infra.local.runs import Announcement
from infra.local.source import stream
from infra.local.stack import STREAM, LocalStack
from infra.local.toolchain import check_java, connectors_jar
from infra.progress import Steps, console_on, show
from infra.run.command_line import parser
from infra.run.database import Database
from infra.run.declared import Declared, read_declared, refuse
from infra.run.errors import RunError
from infra.run.follow import Follower, Running
from infra.run.matching import Matching
from infra.run.printing import Printer
from infra.run.signals import interrupt_once
from infra.run.source import Source, check_script, is_address
from infra.run.sql_file import SqlFile

_STEPS: Final = 5
# Short, since somebody waits for each change; the managed service has a minute by default.
_CHECKPOINT_INTERVAL: Final = "1 s"
_BUNDLE_MILLISECONDS: Final = 100
_NO_SOURCE: Final = (
    "--source is missing: a file of SQL that makes the source's tables and fills them "
    "(--source shop.sql), or the address of a PostgreSQL that is to be followed "
    "(--source postgresql://USER@HOST:5432/DATABASE)"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a declaration until somebody ends it; the exit code is as the help says."""
    argument_parser = parser()
    options = argument_parser.parse_args(arguments)
    if options.parallelism < 1:
        argument_parser.error(f"--parallelism: at least 1, not {options.parallelism}")
    run = _Run(options, Printer(sys.stdout))
    try:
        with interrupt_once():
            run.run()
    except KeyboardInterrupt:
        run.printer.print("Nothing of it is left running.")
        return ExitCode.DONE if run.has_followed else ExitCode.INTERRUPTED
    except (RunError, CatalogueError) as error:
        sys.stderr.write(f"run: {error}\n")
        return ExitCode.WRONG_ARGUMENTS if error.is_of_arguments else ExitCode.FAILED
    except StarjoinError as error:
        sys.stderr.write(f"run: {error}\n")
        return ExitCode.FAILED


class _Run:
    """One run.

    Attributes:
        printer: where its lines go.
        has_followed: whether everything ran, so that an interrupt is how it was meant to end.
    """

    def __init__(self, options: Namespace, printer: Printer) -> None:
        self._options = options
        self.printer = printer
        self._steps = Steps(console_on(sys.stderr), _STEPS)
        self.has_followed = False

    def run(self) -> NoReturn:
        """Starts and follows, until an error or KeyboardInterrupt; then nothing is left running."""
        declared = read_declared(self._options.declaration)
        check_java()
        jar = connectors_jar()
        stack = ExitStack()
        try:
            folder = self._make_folder(stack)
            source = self._choose_source(declared, folder)
            self.printer.print(f"{self._options.declaration}: {declared.summary()}")
            self._follow(stack, declared, source, folder, jar)
        except KeyboardInterrupt:
            self.printer.print("Ending")
            raise
        finally:
            with show("ending what was started"):
                stack.close()

    def _make_folder(self, stack: ExitStack) -> Path:
        if self._options.keep is not None:
            folder: Path = self._options.keep
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                message = f"--keep: {folder} cannot be made: {error.strerror}"
                raise RunError(message, is_of_arguments=True) from error
            return folder.resolve()
        temporary = tempfile.TemporaryDirectory(prefix="starjoin-", ignore_cleanup_errors=True)
        return Path(stack.enter_context(temporary))

    def _choose_source(self, declared: Declared, folder: Path) -> Source:
        named = self._options.source or declared.script
        if named is None:
            raise RunError(_NO_SOURCE, is_of_arguments=True)
        if is_address(str(named)):
            return Database(str(named))
        script = Path(named)
        check_script(script)
        declaration = declared.star.declaration
        schemas = [declaration.schema_of(name) for name in declaration.tables]
        return SqlFile(script, folder / "source", schemas)

    def _follow(
        self, stack: ExitStack, declared: Declared, source: Source, folder: Path, jar: Path
    ) -> NoReturn:
        began = time.monotonic()
        with self._steps.step("the source") as how_far:
            stack.enter_context(source)
            catalogue = source.read_catalogue(
                lambda done, total: how_far.count(done, total, "tables read")
            )
            matching = Matching(declared.star.declaration, catalogue)
            if faults := declared.document.locate_all(matching.find_faults()):
                problem = f"{source.name} is not as the declaration says"
                raise refuse(declared.path, faults, problem)
            capture = source.capture(matching.captured_tables(), declared.star)
            stack.enter_context(capture)
        with self._steps.step("Kinesis, S3, Secrets Manager and Redshift"):
            local = stack.enter_context(
                LocalStack(str(declared.path.resolve()), shards=1, folder=folder, with_source=False)
            )
        announcement = stack.enter_context(
            Announcement("starjoin run", self._options.declaration, local.properties)
        )
        run = LocalRun(
            state=folder / "state",
            jar=jar,
            parallelism=self._options.parallelism,
            checkpoint_interval=_CHECKPOINT_INTERVAL,
            bundle_milliseconds=_BUNDLE_MILLISECONDS,
            short_lived=True,
        )
        job = stack.enter_context(MiniCluster(run, local.properties, folder, local.environment()))
        with self._steps.step("putting the full load on the stream") as how_far:
            put = stream.put(
                local.client("kinesis"),
                STREAM,
                capture.full_load(),
                report=lambda done: how_far.count(done, None, "records"),
            )
        with self._steps.step("the job"):
            job.wait_until_running()
            announcement.say_flink(job.web_address)
        self._print_addresses(source, local, job)
        follower = Follower(Running(capture, local, job, declared.star), put, source.look_seconds)
        stack.callback(follower.close)
        with self._steps.step("the first load") as how_far:
            loaded = follower.load(lambda done, total: how_far.count(done, total, "records loaded"))
        self.printer.print_loaded(loaded, time.monotonic() - began)
        if change := source.suggest_change(declared.star):
            self.printer.print_labelled("Try", f"at the source: {change}")
        self.has_followed = True
        follower.follow(self.printer)

    def _print_addresses(self, source: Source, local: LocalStack, job: MiniCluster) -> None:
        redshift = local.redshift
        self.printer.print_labelled("Source", source.name, source.psql, *source.remarks())
        login = f"{redshift.user}:{redshift.password}"
        self.printer.print_labelled(
            "Warehouse",
            f"host {redshift.host}, port {redshift.port}, database {redshift.database}, "
            f"user {redshift.user}, password {redshift.password}",
            f"psql postgresql://{login}@{redshift.host}:{redshift.port}/{redshift.database}",
        )
        self.printer.print_labelled("Flink", job.web_address)
        self.printer.print_labelled("Watch", "starjoin watch, in a second terminal")
        self.printer.print_labelled(
            "Ask",
            "cut, explain, reconcile, repair with",
            f"--properties {local.properties.resolve()}",
        )
