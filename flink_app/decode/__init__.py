"""Decode: DMS change records to columns of changes, treated, positioned and accounted for."""
