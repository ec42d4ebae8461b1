"""Examples as data: source tables, their changes, and the query that says what must come out."""
