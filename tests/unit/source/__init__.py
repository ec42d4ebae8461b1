"""The source's stand-in: what it writes is what DMS writes."""
