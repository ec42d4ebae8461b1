"""Replay: dead letters back onto the stream, once their cause is fixed."""
