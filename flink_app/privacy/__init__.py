"""Personal data: what each treatment does, the keys, and the same functions for SQL."""
