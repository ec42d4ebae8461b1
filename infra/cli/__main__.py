"""Runs `starjoin` where it is not installed: `.venv/bin/python -m infra.cli`."""

from infra.cli.main import run

if __name__ == "__main__":
    run()
