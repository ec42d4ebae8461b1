"""Replay: dead letters back onto the stream, once what made them dead letters is mended."""
