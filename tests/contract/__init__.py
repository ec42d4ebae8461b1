"""Suites that hold over every implementation of an interface: the emulator and the real thing."""
