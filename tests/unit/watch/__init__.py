"""`starjoin watch`."""
