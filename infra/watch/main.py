"""Runs `starjoin watch`: a live screen at a terminal, lines in a pipe, objects for scripts."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.live import Live

from connectors.failures import StarjoinError, describe_error
from flink_app.settings import SettingsError
from infra.arguments import ExitCode
from infra.progress import console_on
from infra.run.signals import interrupt_once
from infra.watch.command_line import parser
from infra.watch.health import Level, judge
from infra.watch.looking import Places, Watch
from infra.watch.opening import open_environment, open_local, open_properties
from infra.watch.picture import Picture
from infra.watch.rendering import render, write_line, write_screen
from infra.watch.scripts import describe

_INTERVAL: Final = 2.0
_ENVIRONMENT_INTERVAL: Final = 30.0
# Ages on the screen grow by the second, whatever the interval of the looks is.
_DRAW_SECONDS: Final = 0.5
_PLAIN_WIDTH: Final = 80

Open = Callable[[argparse.Namespace], Places]


def main(arguments: Sequence[str] | None = None, *, opened: Open | None = None) -> int:
    """Watches until Ctrl-C, or looks once; the exit code is as the help says."""
    options = parser().parse_args(arguments)
    try:
        # Whatever ends it from outside: the terminal has to be given its own screen back.
        with interrupt_once():
            return _run((opened or _open)(options), options)
    except KeyboardInterrupt:
        return ExitCode.DONE
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"watch: {describe_error(error)}\n")
    except SettingsError as error:
        sys.stderr.write(f"watch: {error}\n")
        return ExitCode.WRONG_ARGUMENTS
    except StarjoinError as error:
        sys.stderr.write(f"watch: {error}\n")
    return ExitCode.FAILED


def _open(options: argparse.Namespace) -> Places:
    if options.environment is not None:
        return open_environment(options)
    if options.properties is not None:
        return open_properties(options)
    return open_local(options)


def _run(places: Places, options: argparse.Namespace) -> int:
    default = _INTERVAL if options.environment is None else _ENVIRONMENT_INTERVAL
    interval = options.interval or default
    console = console_on(sys.stdout, highlight=False)
    if options.once:
        picture = Watch(places).look()
        _print(console, picture, as_json=options.json)
        return ExitCode.FAILED if judge(picture).level is Level.FAILING else ExitCode.DONE
    if console.is_terminal and not options.json:
        _show(console, places, interval)
    else:
        _print_looks(places, interval, as_json=options.json)
    return ExitCode.DONE


def _print(console: Console, picture: Picture, *, as_json: bool) -> None:
    if as_json:
        _write(json.dumps(describe(picture)))
    elif console.is_terminal:
        console.print(render(picture, console.width))
    else:
        sys.stdout.write(write_screen(picture, _PLAIN_WIDTH))


def _print_looks(places: Places, interval: float, *, as_json: bool) -> None:
    """A line for each look, until what is watched has ended."""
    watch = Watch(places)
    while True:
        picture = watch.look()
        _write(json.dumps(describe(picture)) if as_json else write_line(picture))
        if picture.ended:
            return
        time.sleep(interval)


def _show(console: Console, places: Places, interval: float) -> None:
    """The live screen, until what is watched has ended; its last state stays on the terminal."""
    watch = Watch(places)
    watch.start(interval)
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while not (picture := watch.picture()).ended:
                live.update(render(picture, console.width), refresh=True)
                time.sleep(_DRAW_SECONDS)
    finally:
        watch.stop()
        console.print(render(watch.picture(), console.width))


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
