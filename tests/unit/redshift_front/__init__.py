"""The stand-in for Redshift, its parts that need no server."""
