"""Denormalise: facts joined by columns to the dimensions, and patches for facts that came before."""
