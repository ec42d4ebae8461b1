"""A grammar-based fuzz of decode: inputs from a seed, checks that hold for every input."""
