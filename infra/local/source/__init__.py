"""The source side of the stand-ins: a PostgreSQL database, and its changes in DMS's format."""
