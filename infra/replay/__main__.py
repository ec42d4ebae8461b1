"""Starts the command line: `.venv/bin/python -m infra.replay ...`."""

import sys

from infra.replay.cli import main

sys.exit(main())
