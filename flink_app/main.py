"""The entry point on the managed service: settings, declaration, graph, run."""

from __future__ import annotations

import argparse
from pathlib import Path

from pyflink.datastream import StreamExecutionEnvironment

from flink_app.declaration import Star, load_declaration
from flink_app.job import build, read_stream
from flink_app.reloaded_tables import refuse_lost_tables
from flink_app.settings import PROPERTIES_FILE, Settings, load_settings
from flink_app.warehouse import refuse_bookkeeping_schema

_PACKAGE_ROOT = Path(__file__).resolve().parent.parent


def load_star(settings: Settings) -> Star:
    """The declaration that the settings name; a relative path starts at the package's root.

    Raises DeclarationError.
    """
    star = Star(load_declaration(_PACKAGE_ROOT / settings.application.declaration))
    refuse_bookkeeping_schema(star, settings.redshift.bookkeeping_schema)
    refuse_lost_tables(star, settings.application.generations)
    return star


def main() -> None:
    """Builds the job and submits it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--properties", type=Path, default=PROPERTIES_FILE)
    settings = load_settings(parser.parse_args().properties)
    env = StreamExecutionEnvironment.get_execution_environment()
    build(read_stream(env, settings), settings, load_star(settings))
    env.execute(settings.application.name)


if __name__ == "__main__":
    main()
