"""The source side of local runs: a PostgreSQL database, and its changes in DMS's format."""
