"""The local source: what it writes is what DMS writes."""
