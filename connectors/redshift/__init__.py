"""Redshift: staged parts into wide tables, exactly once, by COPY in one transaction per batch."""
