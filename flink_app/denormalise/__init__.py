"""Denormalise: facts joined by columns to dimensions, and patches for facts that came before."""
