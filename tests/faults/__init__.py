"""Promises under faults: processes killed, replies lost, starts out of order."""
