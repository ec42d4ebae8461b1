"""Runs `starjoin explain`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, TextIO

from botocore.exceptions import BotoCoreError, ClientError

from connectors.failures import describe_error
from connectors.redshift.errors import LoadError
from connectors.secrets import SecretReadError
from flink_app.declaration.file import DeclarationError
from flink_app.privacy.keys import SecretError
from flink_app.settings import SettingsError
from infra.aws.errors import DeployError
from infra.explain.command_line import parser
from infra.explain.errors import NotExplainableError
from infra.explain.explanation import Explanation, Verdict, explain
from infra.explain.gathering import gather
from infra.explain.key import treat_key
from infra.explain.layout import make_layout
from infra.explain.report import write_json, write_lines
from infra.explain.services import Application, open_chosen
from infra.replay.errors import ReplayError

_FAULTS: Final = (
    NotExplainableError,
    DeclarationError,
    DeployError,
    LoadError,
    ReplayError,
    SecretError,
    SecretReadError,
    SettingsError,
)
_FROM_INPUT: Final = ["-"]
Open = Callable[[Namespace], Application]


class Outcome(IntEnum):
    """How an explanation ended: its exit code."""

    FOUND = 0
    NO_SUCH_ROW = 1
    NOT_EXPLAINED = 2


def main(
    arguments: Sequence[str] | None = None,
    *,
    opened: Open | None = None,
    standard_input: TextIO | None = None,
) -> int:
    """Explains; gives the exit code."""
    options = parser().parse_args(arguments)
    texts = options.key
    if texts == _FROM_INPUT:
        texts = (standard_input or sys.stdin).read().splitlines()
    try:
        explanation = _explain(options, texts, (opened or open_chosen)(options))
    except (ClientError, BotoCoreError) as error:
        return _refuse(describe_error(error))
    except _FAULTS as error:
        return _refuse(str(error))
    if options.json:
        sys.stdout.write(f"{write_json(explanation)}\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in write_lines(explanation))
    is_present = explanation.verdict is Verdict.PRESENT
    return Outcome.FOUND if is_present else Outcome.NO_SUCH_ROW


def _explain(options: Namespace, texts: Sequence[str], application: Application) -> Explanation:
    layout = make_layout(application.star, application.names, options.target)
    key = treat_key(layout.fact.key, texts, application.read_token_key, is_stored=options.stored)
    known = gather(application, layout, key, options.parts, options.records)
    return explain(layout, known, application.star.declaration.stream.positions)


def _refuse(message: str) -> int:
    sys.stderr.write(f"explain: {message}\n")
    return Outcome.NOT_EXPLAINED
