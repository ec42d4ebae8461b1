"""Suites that hold over every implementation of an interface: stand-in and real thing."""
