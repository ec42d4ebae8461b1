"""`starjoin simulate`: tests a declaration against random histories, on the command line."""
