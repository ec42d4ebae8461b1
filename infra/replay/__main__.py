"""Starts the command line: `python -m infra.replay <environment or properties file>`."""

import sys

from infra.replay.cli import main

sys.exit(main())
