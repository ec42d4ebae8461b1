"""Starts the command line: `.venv/bin/python -m infra.aws deploy --environment NAME`."""

import sys

from infra.aws.cli import main

sys.exit(main())
