"""The parts of the Redshift emulator that need no server."""
