"""`build.py check`: tests a declaration against random histories, on the command line."""
