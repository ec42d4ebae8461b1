"""A source and a DMS task as models, for what decode must give back."""
